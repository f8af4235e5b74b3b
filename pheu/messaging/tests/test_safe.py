"""HTML that others send does no harm and still says what it said (R1.39-1.42); opened in a browser it loads nothing."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page, Route

from pheu.messaging.channels.email import safe

OUT = "https://ngoai.example/x"  # whoever asks for this has got out
RUN = "top.ran=1;parent.ran=1"

HOSTILE = [
    # What runs.
    f"<script>{RUN}</script>",
    f"<script src={OUT}></script>",
    f"<SCRIPT/x>{RUN}</SCRIPT>",
    f"<scr<script>ipt>{RUN}</script>",
    f"<<script>{RUN}//<</script>",
    f"<script\x00>{RUN}</script>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><script href={OUT} /></svg>",
    f"<img src=x onerror='{RUN}'>",
    f"<img src=x onerror\x0d=\x0a'{RUN}'>",
    f"<body onload='{RUN}'>",
    f"<div onmouseover='{RUN}' style='width:9999px;height:9999px'>x</div>",
    f"<svg onload='{RUN}'>",
    f"<svg/onload='{RUN}'/>",
    f"<details open ontoggle='{RUN}'>x</details>",
    f"<input autofocus onfocus='{RUN}'>",
    f"<select autofocus onfocus='{RUN}'>",
    f"<textarea autofocus onfocus='{RUN}'>",
    f"<video onerror='{RUN}'><source></video>",
    f"<audio src=x onerror='{RUN}'>",
    f"<marquee onstart='{RUN}'>x</marquee>",
    f"<style onload='{RUN}'></style>",
    f"<iframe onload='{RUN}'></iframe>",
    f"<a href='javascript:{RUN}' id=go>x</a>",
    f"<a href='java\nscript:{RUN}'>x</a>",
    f"<a href='&#106;avascript:{RUN}'>x</a>",
    f"<a href=' \x01javascript:{RUN}'>x</a>",
    f"<a href='vbscript:{RUN}'>x</a>",
    f"<a href='data:text/html,<script>{RUN}</script>'>x</a>",
    f"<iframe src='javascript:{RUN}'></iframe>",
    f"<iframe srcdoc='<script>{RUN}</script>'></iframe>",
    f"<img src='javascript:{RUN}'>",
    f"<table background='javascript:{RUN}'><tr><td>x</table>",
    f"<form action='javascript:{RUN}'><button autofocus>x</button></form>",
    f"<isindex type=image src=1 onerror='{RUN}'>",
    f"<object data='javascript:{RUN}'></object>",
    f"<embed src='data:text/html,<script>{RUN}</script>'>",
    f"<xss style='animation-name:x' onanimationstart='{RUN}'></xss>",
    f"<x hx-get={OUT} hx-trigger=load x-data='{RUN}' x-init='{RUN}'>",
    # What another parser reads otherwise.
    f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror={RUN}&gt;'>",
    f"<svg></p><style><a id='</style><img src=1 onerror={RUN}>'>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    f"<template><img src=x onerror={RUN}></template>",
    f"<math><mi//xlink:href='data:x,<script>{RUN}</script>'>",
    f"<form><math><mtext></form><form><mglyph><style></math><img src onerror={RUN}>",
    f"<p title='`'><img src=`x` onerror={RUN}//`>",
    f"<!--[if gte IE 4]><script>{RUN}</script><![endif]-->",
    f"<!--><img src=x onerror={RUN}>-->",
    f"<![CDATA[<img src=x onerror={RUN}>]]>",
    f"<?xml version='1.0'?><x xmlns='http://www.w3.org/1999/xhtml'><script>{RUN}</script></x>",
    f"<title><img src=x onerror={RUN}></title>",
    f"+ADw-script+AD4-{RUN}+ADw-/script+AD4-",
    f"<xmp><img src=x onerror={RUN}></xmp>",
    f"<plaintext><img src=x onerror={RUN}>",
    f"<a title='\"><script>{RUN}</script>'>x</a>",
    f"<select><style></select><img src=x onerror={RUN}></style>",
    # What loads.
    f"<img src={OUT}>",
    "<img src='//ngoai.example/x'>",
    f"<img srcset='{OUT} 2x'>",
    f"<picture><source srcset={OUT}><img></picture>",
    f"<link rel=stylesheet href={OUT}>",
    f"<link rel=prefetch href={OUT}>",
    f"<link rel=dns-prefetch href={OUT}>",
    f"<base href={OUT}><img src=a>",
    f"<meta http-equiv=refresh content='0;url={OUT}'>",
    f"<iframe src={OUT}></iframe>",
    f"<object data={OUT}></object>",
    f"<embed src={OUT}>",
    f"<video poster={OUT} autoplay></video>",
    f"<audio src={OUT} autoplay></audio>",
    f"<video><track src={OUT} default></video>",
    f"<body background={OUT}>",
    f"<table background={OUT}><tr><td background={OUT}>x</table>",
    f"<input type=image src={OUT}>",
    f"<svg><image href={OUT} /></svg>",
    f"<svg><use href='{OUT}#a' /></svg>",
    f"<svg><feImage href={OUT} /></svg>",
    f"<style>@import '{OUT}';</style>",
    f"<style>body{{background:url({OUT})}}</style>",
    f"<style>@font-face{{font-family:a;src:url({OUT})}}*{{font-family:a}}</style>",
    f"<p style='background:url({OUT})'>x</p>",
    f"<p style='background:URL(\"{OUT}\")'>x</p>",
    f"<p style='background:u\\72l({OUT})'>x</p>",
    f"<p style='background:/**/url({OUT})'>x</p>",
    f"<p style=\"background-image:image-set('{OUT}' 1x)\">x</p>",
    f'<p style="background:-webkit-image-set(url({OUT}) 1x)">x</p>',
    f"<ul style='list-style:url({OUT})'><li>x</ul>",
    f"<ul style='list-style-image:url({OUT})'><li>x</ul>",
    f"<p style='content:url({OUT})'>x</p>",
    f"<p style='cursor:url({OUT}),auto'>x</p>",
    f"<p style='border-image:url({OUT})'>x</p>",
    f"<p style='mask:url({OUT})'>x</p>",
    f"<p style='filter:url({OUT}#a)'>x</p>",
    f"<p style=\"color:red;}}@import '{OUT}';{{\">x</p>",
    f"<p style='--a:url({OUT});background:var(--a)'>x</p>",
    f"<p style='width:expression({RUN})'>x</p>",
    f"<p style='behavior:url({OUT})'>x</p>",
    f"<p style='-moz-binding:url({OUT})'>x</p>",
    f"<form action={OUT}><input name=a></form>",
    f"<a ping={OUT} href='{OUT}'>x</a>",
    f"<blockquote cite={OUT}>x</blockquote>",
    f"<img src='cid:{OUT}'>",
    f"<img longdesc={OUT} lowsrc={OUT} dynsrc={OUT}>",
    f"<portal src={OUT}></portal>",
    f"<frameset><frame src={OUT}></frameset>",
    f"<applet code={OUT}></applet>",
    f"<bgsound src={OUT}>",
    f'<img src=\'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg"><image href="{OUT}"/></svg>\'>',
    "<img src='file:///etc/passwd'>",
]


@pytest.mark.parametrize("html", HOSTILE)
def test_nothing_is_left_that_runs_or_loads(html):
    cleaned = safe.clean(f"<b>trước</b>{html}", images=False, pictures={})
    assert cleaned.startswith("<b>trước</b>")
    tags = "".join(piece.partition(">")[0] + ">" for piece in cleaned.split("<")[1:]).lower()
    for never in (
        "script",
        "onerror",
        "onload",
        "url(",
        "src=",
        "hx-",
        "x-",
        "srcset",
        "ping",
        "background=",
        "\\",
        "@",
    ):
        assert never not in tags, cleaned


def test_what_is_left_runs_and_loads_nothing_in_a_browser(page: Page):
    """All of the corpus at once and each apart, in frames that are less careful than ours: scripts would run."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body="", content_type="text/html")

    page.context.route("**/*", answer)
    page.goto("https://nha.example/")
    cleaned = [safe.clean(html, images=False, pictures={}) for html in HOSTILE]
    everything = "".join(cleaned)
    page.evaluate(
        """async (letters) => {
            for (const letter of letters) {
                const frame = document.createElement("iframe");
                frame.sandbox = "allow-scripts allow-same-origin allow-forms allow-popups";
                frame.srcdoc = letter;
                const loaded = new Promise((done) => { frame.onload = done; });
                document.body.append(frame);
                await loaded;
                frame.contentDocument.querySelectorAll("a, button, input").forEach((one) => one.focus());
            }
        }""",
        [*cleaned, everything],
    )
    assert page.evaluate("window.ran") is None
    assert asked == ["https://nha.example/"]


def test_the_browser_of_that_test_would_tell(page: Page):
    """The same frame with letters that were not cleaned asks and runs."""
    asked: list[str] = []
    page.context.route("**/*", lambda route: (asked.append(route.request.url), route.fulfill(body="")))
    page.goto("https://nha.example/")
    page.set_content(f"<iframe srcdoc=\"<img src={OUT} onerror='{RUN}'>\"></iframe>")
    page.wait_for_function("window.ran === 1")
    assert OUT in asked


NEWSLETTER = """<html><head><title>Khuyến mãi</title><style>td{padding:0}</style></head>
<body bgcolor="#eee">
<center><table width="600" cellpadding="0" cellspacing="0" border="0" align="center" bgcolor="#ffffff">
<tr><td align="center" valign="top"
 style="padding: 10px 20px; font: 14px/1.5 'Segoe UI', Arial, sans-serif; color: #333">
<table width="100%"><tr><td colspan="2"><img src="cid:logo" width="120" height="40" alt="Logo"></td></tr>
<tr><td><font color="#FF0000" face="Arial" size="3"><b>Giảm 50%</b></font></td>
<td style="background-color: rgb(255, 0, 0); border-top: 1px solid #ccc"><a href="https://x.vn/a?b=1&amp;c=2">Xem</a></td></tr>
</table></td></tr></table></center>
<p class="MsoNormal mau">Trân&nbsp;trọng</p></body></html>"""


def test_a_newsletter_keeps_its_looks():
    cleaned = safe.clean(NEWSLETTER, images=False, pictures={"logo": "/thu/1/tep/2"})
    for kept in (
        '<table width="600" cellpadding="0" cellspacing="0" border="0" align="center" bgcolor="#ffffff">',
        "style=\"padding:10px 20px;font:14px/1.5 'Segoe UI', Arial, sans-serif;color:#333\"",
        '<img src="/thu/1/tep/2" width="120" height="40" alt="Logo">',
        '<font color="#FF0000" face="Arial" size="3"><b>Giảm 50%</b></font>',
        'style="background-color:rgb(255, 0, 0);border-top:1px solid #ccc"',
        '<a href="https://x.vn/a?b=1&amp;c=2" target="_blank" rel="noopener noreferrer nofollow">Xem</a>',
        '<p class="MsoNormal">Trân&nbsp;trọng</p>',
    ):
        assert kept in cleaned
    assert "Khuyến mãi" not in cleaned and "padding:0}" not in cleaned
    assert safe.words_of(NEWSLETTER).split() == ["Giảm", "50%", "Xem", "Trân", "trọng"]


@pytest.mark.parametrize(
    "style", ["position:fixed", "position:absolute;top:0", "z-index:9", "margin-left:calc(1px)", "float:left;inset:0"]
)
def test_nothing_covers_the_page(style):
    assert safe.clean(f"<p style='{style};color:red'>x</p>", images=True, pictures={}) == '<p style="color:red">x</p>'


def test_pictures_from_elsewhere_come_when_they_are_asked_for():
    html = f"<img src='{OUT}'><img src='cid:a%40b'><img src='cid:khong'><img src='data:image/png;base64,AAAA'>"
    assert safe.has_remote_images(html) and not safe.has_remote_images("<img src='cid:a'><a href='https://x.vn'>x</a>")
    ours = {"a@b": "/thu/1/tep/2"}
    own = '<img src="/thu/1/tep/2"><img><img src="data:image/png;base64,AAAA">'
    assert safe.clean(html, images=False, pictures=ours) == f"<img>{own}"
    assert safe.clean(html, images=True, pictures=ours) == f'<img src="{OUT}">{own}'


def test_what_our_composer_sends_is_small():
    assert safe.simple(
        "<h1>a</h1><p style='color:red' onclick=x>Chào <b>anh</b><br><img src='cid:logo' alt='Logo' width=10></p>"
        f"<ul><li>một</ul><a href='https://x.vn' target=x>x</a><a href='javascript:x'>y</a><script>{RUN}</script>"
    ) == (
        'a<p>Chào <b>anh</b><br><img src="cid:logo" alt="Logo" width="10"></p>'
        '<ul><li>một</li></ul><a href="https://x.vn">x</a><a>y</a>'
    )
    assert "src" not in safe.simple(f"<img src='{OUT}'><img src='//x.vn/a'><img src='/a'>")


def test_the_words_of_a_page_stand_in_its_lines():
    assert safe.words_of(
        "<h1>Xin</h1><p>chào <b>anh</b><br>An</p><ul><li>một<li>hai</ul><table><tr><td>a<td>b<tr><td>c"
    ) == ("Xin\n\nchào anh\nAn\n\n- một\n- hai\n\na b\nc")
    assert safe.words_of("<p>&lt;b&gt; &amp;lt; 5 &lt; 6</p><style>x</style>") == "<b> &lt; 5 < 6"
    assert safe.words_of("  ") == "" and safe.words_of("<img src=a>") == ""


@pytest.mark.parametrize(
    "tag",
    [
        "<div>",
        "<b>",
        "<table>",
        "<table><b>",
        "<p><span>",
        "<",
        "<a ",
        "<!--",
        "<p style='color:",
        "<svg>",
        "</x>",
        "&",
    ],
)
def test_long_pages_are_cleaned_before_long(tag):
    """Anything here that took the square of the length would take minutes."""
    html = tag * 100_000
    assert len(safe.clean(html, images=False, pictures={})) <= 6 * len(html)


def test_a_page_of_very_many_tags_keeps_its_words():
    html = "<p>từ</p>" * safe.MOST_TAGS
    assert safe.clean(html, images=False, pictures={}).count("từ") == safe.MOST_TAGS


def test_pages_are_cleaned_by_several_threads_at_once():
    def one(number: int) -> str:
        return safe.clean("<img src='cid:a'>", images=False, pictures={"a": f"/{number}"})

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(one, range(50))) == [f'<img src="/{number}">' for number in range(50)]


@given(
    st.lists(
        st.sampled_from(
            [
                "<",
                ">",
                "'",
                '"',
                "=",
                "/",
                "a",
                "img",
                " src",
                " style",
                "on",
                "https:",
                "cid:",
                "url(",
                "svg",
                "--",
                "!",
                "&lt;",
                "\0",
                "p ",
            ]
        ),
        max_size=30,
    )
)
def test_what_is_clean_stays_as_it_is(pieces):
    cleaned = safe.clean("".join(pieces), images=False, pictures={})
    again = safe.clean(cleaned, images=False, pictures={})
    assert sorted(again.split()) == sorted(cleaned.split())  # attributes change places
    assert "<svg" not in cleaned and "https:" not in "".join(
        piece.partition(">")[0] for piece in cleaned.split("<img")[1:]
    )
