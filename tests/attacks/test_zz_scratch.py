import re, sys, time, collections
import pytest
from tests.web.browser import hidden
LONG="长"*100_000
NASTY=["\0","a\0b","\ud800","\x1b[31m","\u202e","'","\"><script>alert(1)</script>","%","%s%(x)s{0}","../../etc/passwd","１２","²","9"*30,"9"*5000,"-1","1e999","0001-01-01","9999-12-31","9999-12-31T23:59","0001-01-01T00:00","2026-13-45","//evil","//[","http://[","\u2028","0"*26,LONG,"true","None","[]","20260101T000000000000-\0","20260101T000000000000-"+"9"*18,"99991231T235959999999-9","00010101T000000000000-1"]
GETS=["q","after","before","older","newer","next","state","from","to","person","investor","report","kind","action","outcome","reason","policy","address","request_id","code"]
POSTS=["login","password","next","language","investor","serving","answer","end_reached","ticked","reason","name","client_number","kind","class","class_last_day","category","category_last_day","lowest","client","contract_from","contract_to","branch","contact","capacity","evidence","role","grants","last_day","grade","professional","categories","restricted","settled-1","accept-1","settled-9999999999999999999999","at"]
def test_fuzz(siege):
    bad=collections.Counter()
    siege.app.config["PROPAGATE_EXCEPTIONS"]=False
    t0=time.time(); n=0
    ids={"report":siege.reports["imported"],"investor":siege.world.investors["c2"],"person":siege.world.people["c2"]}
    for who in ["-","c2","compliance","clients","reports","staff-admin"]:
        b=siege.browser(who); token=hidden(b.get("/sign-in" if who=="-" else "/account").text)
        for rule in siege.app.url_map.iter_rules():
            if rule.endpoint in("static","sign_in.sign_out"): continue
            args=[a for a in rule.arguments]
            base=rule.rule
            for nasty in NASTY:
                def fill(vals):
                    return re.sub(r"<(?:path:)?(\w+)>",lambda m: vals(m[1]),rule.rule)
                from urllib.parse import quote
                enc=nasty.encode("utf-8","surrogatepass")
                paths={fill(lambda a: ids.get(a,"0"*26))}
                if args and len(nasty)<10000: paths.add(fill(lambda a: quote(enc,safe="")))
                for p in paths:
                    for m in ("GET","POST"):
                        if m not in rule.methods: continue
                        n+=1
                        try:
                            if m=="GET":
                                qs="&".join(f"{g}={quote(enc)}" for g in GETS) if len(nasty)<10000 else f"q={quote(enc)}"
                                r=b.get(p+"?"+qs)
                            else:
                                from urllib.parse import quote_plus
                                body="&".join([f"csrf_token={token}"]+[f"{g}={quote(enc)}" for g in POSTS]) if len(nasty)<10000 else "&".join([f"csrf_token={token}"]+[f"{g}={quote(enc[:9000])}" for g in POSTS])
                                r=b.post(p,data=body.encode(),content_type="application/x-www-form-urlencoded")
                            if r.status_code>=500 or "Traceback" in r.text: bad[(rule.endpoint,m,who,nasty[:30],r.status_code)]+=1
                        except Exception as e:
                            bad[(rule.endpoint,m,who,nasty[:30],repr(e)[:150])]+=1
    print(n,time.time()-t0)
    for k in bad: print(k)
    assert not bad
