"""Make the font of receipts from Noto Sans SC (OFL): GB 2312, what names need beyond it, and Latin, without hinting.

    npm pack @expo-google-fonts/noto-sans-sc@0.4.3     (400Regular/NotoSansSC_400Regular.ttf; LICENSE_FONT is kept as OFL.txt)
    python docs/make_font.py NotoSansSC_400Regular.ttf gatekeeper/files/fonts/GatekeeperSansSC-Regular.ttf     (needs fonttools)

A subset is a modified version, so it bears a name of its own. A character that it lacks is printed as 〓.
"""

# ruff: noqa: INP001  (a script, in no package)

import sys
from pathlib import Path

from fontTools import subset

RANGES = ((0x20, 0x7F), (0xA0, 0x180), (0x2010, 0x2040), (0x2460, 0x2474), (0x3000, 0x3020), (0xFF00, 0xFF66))
NAMES = (
    "喆堃珺煊玥昇暐珅瑄翀旻珮莜淼炘燚垚犇骉靐龘犟嫚婳姸妍媖婍嬅嬿彣彧忞恺惢愔昉昕晗晙晞晟晢晧晫暄暻曈曌朊杺柃栩桉桢梽棪椋椿楙楠楹榕樾橦檀櫆歆毓沄沅沆沚沨泓泩泱洢洣洧洵浠浥涞涴淏淞湉湜湣湲溁溦溱滢滪漪潆潇潼澍澔澧濛瀚灏炆炜炤炫烜烨烺焓焜焮煜煦"
    "熠熹燊燏爰牁犨猗玎玏玒玓玗玘玙玚玛玞玟玠玢玥玦玧玫玭玱玲玳玶玷玹玺玼珂珈珉珊珌珏珐珑珒珓珔珖珙珛珝珞珠珣珥珦珧珩珪珫珰珲珵珷珹珽琀琁琄琅琇琈琊琋琎琏琐琔琚琛琟琡琤琦琨琪琫琬琭琮琯琰琲琳琴琵琶琼瑀瑁瑂瑃瑅瑆瑑瑔瑗瑙瑛瑜瑝瑞瑟瑢瑧瑨瑭瑰瑱瑳瑶"
    "瑷瑸瑺瑾瑿璀璁璃璆璇璈璋璎璐璒璘璜璞璟璠璥璦璧璨璩璪璬璮璱璲璺甯畯疌皓皛皞皦睆睿瞳矞砚砺砼硒碘祎祐祚祯祺禔禛禧稑穀竑竣笙筠筱箐箬簃粲糸絜綦綮繇纮纻绂绐绗绤绥缊缙缦缨罡羲翊翎翙翚翛翥翦翯耔聿肸胤胥脩臻舢艿芃芈芊芏芑芗芙芮芷苒苓苡苻茀"
    "茗茜茱茸荃荇荏荞荟荥荦荪荭莀莘莙莜莳莼莽菀菁菉菘菡菪菲萁萱葳葶蒨蒽蓁蓂蓉蓓蓥蔓蔚蔺蔻蕊蕙蕤蕴薇薏薐薛薷藜藩藴蘅蘧虓虔虞虢蚩蛟蜓蜚衎裒褀褚襄觊訚訸詠諲謇谧谲豫豸赟赳趯跬踽轫轶辂辉迓迦迩迺逄逑逖逯逵遐遨遹邈邕邗邝邬邰邴郄郇郏郓郗郜郢"
    "郤郦郯郸鄄鄞鄢鄱酆醴釜鈊鈜鉴鉷銮錀錞鎏鎣鏊鏖鏻鑫鑭钇钊钏钐钘钤钰钺钿铄铎铖铢铧铨铮铱铷铿锃锆锏锘锜锟锠锡锳锴锶锽镁镆镇镐镒镔镕镛镝镠镡镫閒閔闇闓闳闵闿阇阊阎阗阚陉陟隗隽雎雒雩雯霁霈霏霖霙霂霂霨霰霱霳霺霄靖靳韎韪韫韬颀颉颋颍颎颐颛颙颢顼飏飒"
    "飖馡馥骁骃骅骊骎骐骓骕骙骞骠骢髙髥鬯魃魁魏鲲鲸鳌鳞鳯鴻鵬鶴鸑鸢鸣鸾鹍鹏鹓鹔鹭鹮鹰麒麟麾黄黇黎黛黟黹黻鼎鼐齐龑龚龛仝仡仉仫仵伋佤佴佶佾侃侑侗侪俅俣俨俪俶倞倢倩倪倬倻偀偓偡偲傃傒傢僖僮儇儛儆儒兕兢冏冔冼凃凊凯凱刁刘劭劲劼劻勍勖勐勔勚勰卞卣卮"
    "厍厷叚叡吉吔吟吴呁呙呾咏咛咩咲咴哿唁唐喬喻喆嘉嘏嘒噚囍囡圄圭圳圻坉坤坷垆垌垕垚垠垣垯埇埈埕埜埼堉堌堃堇堔堙堞堠塬塽墉墡墣墨壆夆夌夔奂奎奕奡奭妤妧妲妺姈姗姝姞姣姤姮姵娅娈娉娌娓娜娟娣娥娲娴婉婕婠婧婷婺媄媛媞媱嫄嫒嫘嫣嫦嫱嬉嬛孖孚孛孜孬"
    "宓宥宸寀寯寰尕尚屹岍岐岑岚岦岱岵岷峁峄峣峪峻崃崆崚崟崤崧崴嵇嵘嵊嵋嵎嵚嵛嵩嶅嶙嶷巍帅幂幼庠庥庹庾廙廪弋弢弨弼彘彝彤彬彭彰徕徭徵忆忻怀怡怿恂恪恬恽悌悃悆悊悫悭惇惟惠惪惲愃愉愈愫愷慆慈慕慜慧憘憬憭懋懿戈戌戎戬扃扈扬抒拓挺捷掞掣揆揭揚搴攸"
    "敏敔敖敞敫敭斌斓斐斛斠旃旆旖旴旸旼昀昂昃昊昌昐昑昒昙昝昞昡昫昭昰昱昳昴昶昺晃晊晋晏晐晖晛晡晳晴晷晸智暅暇暋暎暑暕暟暧暨曙曛曜曦曩朋朓朔朗朝杉杍杕杙杞杦杪杲杳枋枍枓枚枞枫枭柊柏柔柘柠柯柰柳栋栎栐栖栝栢栻桁桂桐桓桔桦桧桫桯桲梁梅梓梃梦梧梵"
    "棋棐棠棣棻棽森椤椰楚楝楠楣楦楫業榆榉榛榭槐槿樊樟橘橙檑檗欢欣欧欹歆歌武歧殊毅毋毕毛氘氢氤氲水永汀汐江池汪汭汶汸沁沃沄沇沉沐沔沛沣沧沨沩沫沭沺泂泃泇泉泊泌泐泠泮泰泷泽泾洁洋洎洛洧洪洮洲洳洸洺洽派浃浈浍浑浔浚浩浯浸涂涅涌涎涓涔涛涟涤润涵淄"
    "淇淑淖淙淦淨淩淮淳淶清渊渌渝渟渠渡渤渥温渭湄湘湛湫湾溆溏源溢溪溯溶滇滋滕滔滨滩漠漩漳演漾潜潞潢潤潭潮潺澄澈澜澡澳激濂濒濠濡濮瀛瀞瀠瀧瀾灌灣灿炅炎炑炓炔炕炖炘炟炣炯炳炷烁烈烊烔烘烝烟烯烽焕焘焙焚焯焰焱然煌煐煒煖煚煜煥煬照煳煴熇熙熜熥熬熵燃燎燕燚燧燮燿爔爽"
    "䶮㛃㮾䲟𬱖𫖯𬭸𬍛𫍯𫓹𬀩𬘭𬣙𬤊𬤝𬩽𬬭𬭎𬭤𬱟𬳵"
)


def wanted() -> set[int]:
    """The code points that are kept."""
    found = {point for first, last in RANGES for point in range(first, last)} | set(map(ord, NAMES))
    for high in range(0xA1, 0xFF):
        for low in range(0xA1, 0xFF):
            found.update(map(ord, bytes([high, low]).decode("gb2312", "ignore")))
    return found


def main(source: str, target: str) -> None:
    """Write the subset under its own name."""
    dropped = ["BASE", "DSIG", "GDEF", "GPOS", "GSUB", "STAT", "VORG", "gasp", "prep", "vhea", "vmtx"]
    options = subset.Options(hinting=False, layout_features=[], drop_tables=dropped)
    options.name_IDs, options.glyph_names, options.recalc_timestamp = ["*"], False, False
    font = subset.load_font(source, options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=wanted())
    cutter.subset(font)
    for record in font["name"].names:
        record.string = {
            1: "Gatekeeper Sans SC",
            4: "Gatekeeper Sans SC",
            6: "GatekeeperSansSC-Regular",
            16: "Gatekeeper Sans SC",
        }.get(record.nameID, record.toUnicode())
    subset.save_font(font, target, options)
    sys.stdout.write(f"{target}: {len(font.getGlyphOrder())} glyphs, {Path(target).stat().st_size} bytes\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
