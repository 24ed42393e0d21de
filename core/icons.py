"""The drawing of each icon: strokes on a grid of 20 units, drawn for this portal.

Kept as text in memory, so that a list with an icon in every row costs a dictionary look-up.
"""

ICONS: dict[str, str] = {
    "alert": '<circle cx="10" cy="10" r="7.5"/><path d="M10 5.8v5"/><path d="M10 13.8v.2"/>',
    "arrow-left": '<path d="M16.5 10h-13M8.5 5l-5 5 5 5"/>',
    "arrow-right": '<path d="M3.5 10h13M11.5 5l5 5-5 5"/>',
    "bell": '<path d="M5.2 14V9.2a4.8 4.8 0 0 1 9.6 0V14l1.5 1.6H3.7z"/><path d="M8.3 17.8h3.4"/>',
    "calendar": '<rect x="3" y="4.5" width="14" height="12.5" rx="1.5"/><path d="M3 8.5h14M7 2.5v4M13 2.5v4"/>',
    "check": '<path d="M4 10.5l4 4 8-9"/>',
    "chevron-down": '<path d="M4.5 7.5l5.5 5.5 5.5-5.5"/>',
    "clock": '<circle cx="10" cy="10" r="7.5"/><path d="M10 5.5V10l3 2"/>',
    "close": '<path d="M4.5 4.5l11 11M15.5 4.5l-11 11"/>',
    "cross": '<path d="M4.5 4.5l11 11M15.5 4.5l-11 11"/>',
    "document": '<path d="M5 2.5h6.5L15.5 6.5V17.5H5z"/><path d="M11.5 2.5V6.5h4M7.5 10.5h5M7.5 13.5h5"/>',
    "download": '<path d="M10 3v9.5M5.8 8.5L10 12.7l4.2-4.2M3.5 16.5h13"/>',
    "external": '<path d="M8 4.5H4v11.5h11.5V12M11.5 3.5h5v5M16.5 3.5L9.5 10.5"/>',
    "eye": '<path d="M1.8 10S4.8 4.8 10 4.8 18.2 10 18.2 10 15.2 15.2 10 15.2 1.8 10 1.8 10z"/>'
    '<circle cx="10" cy="10" r="2.5"/>',
    "flask": '<path d="M7 2.5h6M8 2.5v5.5L3.8 15.5a1.3 1.3 0 0 0 1.2 2h10a1.3 1.3 0 0 0 1.2-2L12 8V2.5"/>'
    '<path d="M6 13h8"/>',
    "hexagon": '<path d="M7 2.8h6L17.2 7v6L13 17.2H7L2.8 13V7z"/><path d="M10 6v4.5"/><path d="M10 13.5v.2"/>',
    "hidden": '<path d="M3 3l14 14M8.2 5A8.5 8.5 0 0 1 10 4.8c5.2 0 8.2 5.2 8.2 5.2a14 14 0 0 1-2.6 3.2"/>'
    '<path d="M5.2 6.3A13.5 13.5 0 0 0 1.8 10S4.8 15.2 10 15.2a8 8 0 0 0 3.4-.8"/>',
    "info": '<circle cx="10" cy="10" r="7.5"/><path d="M10 9.2v5"/><path d="M10 6.2v.2"/>',
    "lock": '<rect x="4" y="8.8" width="12" height="8.4" rx="1.5"/><path d="M6.8 8.8V6a3.2 3.2 0 0 1 6.4 0v2.8"/>',
    "menu": '<path d="M2.5 5h15M2.5 10h15M2.5 15h15"/>',
    "minus": '<path d="M4 10h12"/>',
    "person": '<circle cx="10" cy="6.5" r="3.7"/><path d="M3 18c.3-4.2 3-6.3 7-6.3s6.7 2.1 7 6.3"/>',
    "plus": '<path d="M10 4v12M4 10h12"/>',
    "search": '<circle cx="8.5" cy="8.5" r="5.5"/><path d="M12.5 12.5L17.5 17.5"/>',
    "switch": '<path d="M3 6.5h13.5M13 3l3.5 3.5L13 10M17 13.5H3.5M7 10l-3.5 3.5L7 17"/>',
    "upload": '<path d="M10 12.7V3.2M5.8 7.4L10 3.2l4.2 4.2M3.5 16.5h13"/>',
    "warning": '<path d="M10 2.8L18 16.8H2z"/><path d="M10 8v4"/><path d="M10 14.3v.2"/>',
}
