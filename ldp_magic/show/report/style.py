"""The looks of a report: light and dark as its reader likes, and black on white on paper."""

from __future__ import annotations

from ldp_magic.show.glyphs import KINDS, STATES

__all__ = ["SHEET"]

_LIGHT = {"bg": "#fff", "fg": "#1f2328", "mut": "#59626c", "line": "#d9dee3", "soft": "#f4f6f8", "track": "#e4e7eb"}
_DARK = {"bg": "#111", "fg": "#eceef0", "mut": "#a3abb4", "line": "#30363d", "soft": "#1b1f24", "track": "#2a3037"}
_PAPER = {"bg": "#fff", "fg": "#000", "mut": "#444", "line": "#bbb", "soft": "#fff", "track": "#ddd"}
_SANS = 'system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif'
_MONO = 'ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace'

_RULES = f"""
*{{box-sizing:border-box}}
body{{margin:0 auto;max-width:1036px;padding:24px 28px;background:var(--bg);color:var(--fg);font:13px/20px {_SANS};
font-variant-numeric:tabular-nums;print-color-adjust:exact;-webkit-print-color-adjust:exact;overflow-wrap:break-word}}
h1{{font-size:20px;line-height:26px;font-weight:600;margin:0}}
h2{{font-size:14px;line-height:20px;font-weight:600;margin:26px 0 6px;break-after:avoid}}
h3{{font-size:13px;line-height:20px;font-weight:600;margin:14px 0 2px;break-after:avoid}}
h1 small,h2 small,h3 small,.mut{{font-size:inherit;font-weight:400;color:var(--mut)}}
samp{{font:12px/18px {_MONO};font-weight:inherit}}
.wide{{overflow-x:auto}}
.tiles{{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));
border:1px solid var(--line);border-radius:4px;margin:14px 0 0;overflow:hidden;break-inside:avoid}}
.tiles div{{padding:10px 14px;border:solid var(--line);border-width:1px 0 0 1px;margin:-1px 0 0 -1px}}
.tiles b{{display:block;font-size:18px;line-height:26px;font-weight:600}}
table{{border-collapse:collapse;width:100%}}table.fit{{width:auto}}
th{{font-size:12px;font-weight:600;color:var(--mut);text-align:left;padding:3px 16px 3px 0;
border-bottom:1px solid var(--mut);white-space:nowrap;vertical-align:baseline}}
td{{padding:4px 16px 4px 0;border-bottom:1px solid var(--line);line-height:18px;vertical-align:baseline}}
th:last-child,td:last-child{{padding-right:0}}
tr{{break-inside:avoid}}
.r{{text-align:right}}td.r{{font:12px/18px {_MONO};white-space:nowrap}}
.nw{{white-space:nowrap}}
i{{font-style:normal;font-weight:700}}i.small{{font-size:10px}}
.null{{border:1px dashed var(--mut);border-radius:3px;padding:0 4px;font-size:11px;color:var(--mut)}}
.mark{{background:var(--track);border-radius:2px;padding:0 1px}}
.bar{{display:inline-block;width:150px;height:8px;border-radius:2px;background:var(--track);position:relative}}
.bar u{{position:absolute;top:0;height:8px;border-radius:2px;background:currentColor}}
.stop{{border-left:3px solid;padding:2px 0 2px 14px;margin:12px 0 0;break-inside:avoid}}
.stop>*{{color:var(--fg)}}.stop dl{{display:grid;grid-template-columns:max-content 1fr;gap:2px 12px;margin:4px 0 0}}
.stop dt{{color:var(--mut)}}.stop dd{{margin:0}}
p{{margin:6px 0 0}}p.phases{{margin:0 0 6px}}
img{{display:block;margin:4px 0 0;max-width:100%;height:auto}}
footer{{margin:22px 0 0;padding:8px 0 0;border-top:1px solid var(--line);color:var(--mut);font-size:12px}}
"""
_PRINT = """
body{padding:0;max-width:none;font-size:11px;line-height:16px}
.wide{overflow:visible}samp,td.r{font-size:10px;line-height:15px}td,th{padding-right:10px}th,footer{font-size:10px}h2{font-size:12px}h3{font-size:11px}
td{line-height:15px;overflow-wrap:anywhere}.fit .nw{white-space:normal}.tiles b{font-size:15px}.bar{width:90px}
img{break-inside:avoid;max-width:100%!important;height:auto!important}div:has(>img){overflow:visible!important}
"""


def _variables(page: dict[str, str], theme: str) -> str:
    signs = {**STATES, **{each.replace(" ", "-"): sign for each, sign in KINDS.items() if each != "missing"}}
    said = {**page, **{name: getattr(sign, theme) for name, sign in signs.items()}}
    return "".join(f"--{name}:{color};" for name, color in said.items())


def _classes() -> str:
    names = [*STATES, *(each.replace(" ", "-") for each in KINDS if each != "missing")]
    return "".join(f".c-{name}{{color:var(--{name})}}" for name in names)


SHEET = (
    f":root{{color-scheme:light dark;{_variables(_LIGHT, 'static')}}}"
    f"@media(prefers-color-scheme:dark){{:root{{{_variables(_DARK, 'dark')}}}}}"
    f"{_RULES}{_classes()}"
    f"@media print{{:root{{color-scheme:light;{_variables(_PAPER, 'static')}}}{_PRINT}@page{{size:A4;margin:14mm}}}}"
)
