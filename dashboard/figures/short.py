"""Names short enough for a tile."""

from __future__ import annotations

import re

_DROP = re.compile(r"街道|社区|卫生服务中心|卫生院|第|中心$")
_ENGLISH = re.compile(r"^(\w{2,4}).*?(?:No\. ?)?(\d+)")


def short_name(name: str, lang: str) -> str:
    """青禾街道第三社区卫生服务中心 -> 青禾三; Qinghe No. 3 Community Health Center -> Qing 3."""
    if lang == "zh":
        return _DROP.sub("", name)[:4] or name[:4]
    found = _ENGLISH.match(name)
    return f"{found[1]} {found[2]}" if found else name[:9]
