"""Names of the parts that callbacks and flows.js join."""

ADDRESS = "address"  # the browser's address bar
SCREEN = "screen"  # {"narrow": bool, "lang": "zh"}: what only the browser knows
PICTURE = "picture"  # where Dash draws
TEXTS = "texts"  # {"answer": HTML, "beside": HTML, "after": HTML}: flows.js puts them where they belong


def figure(name: object) -> dict[str, object]:
    """Id of a picture."""
    return {"figure": name}
