"""The catalogue's page: what the machine heard, to be looked at, listened to and corrected in a browser.

`desk` does what is asked of the catalogue, `learner` learns from it meanwhile, `door` answers over HTTP, and `page` is
what a browser shows.
"""
