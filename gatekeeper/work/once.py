"""What can become of something that is sent at most once, besides its being accepted."""


class Refused(Exception):
    """Nothing was accepted: it may be tried again. The message is a kind of error, never a server's own words."""


class Doubtful(Exception):
    """It may have been accepted: nobody knows, so it is never tried again by itself."""
