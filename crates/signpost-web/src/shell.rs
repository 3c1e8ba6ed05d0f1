//! What every page has: head, style, banners, foot.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use signpost_publication::rows::{Freshness, Publication};

/// Colours: each has 3:1 or more on white and on the pale ground, text 4.5:1 (see the test).
pub(crate) const INK: &str = "#212b32";
pub(crate) const GREY: &str = "#5b6670";
pub(crate) const BLUE: &str = "#12436d";
pub(crate) const ORANGE: &str = "#b8430b";
pub(crate) const PURPLE: &str = "#801650";
pub(crate) const GREEN: &str = "#1b7a71";
#[cfg(test)]
const PALE: &str = "#f3f5f7";

const STYLE: &str = "
:root{color-scheme:light}
*{box-sizing:border-box}
body{margin:0;font:17px/1.5 'Helvetica Neue',Arial,sans-serif;color:#212b32;background:#f3f5f7}
a{color:#12436d}a:focus,summary:focus,select:focus,button:focus{outline:3px solid #f46a25;outline-offset:2px}
.skip{position:absolute;left:-999px}.skip:focus{left:8px;top:8px;background:#fff;padding:8px;z-index:2}
header{background:#12436d;color:#fff}header a{color:#fff;text-decoration:none}
.bar,main,footer .in{max-width:1180px;margin:0 auto;padding:0 20px}
.bar{display:flex;flex-wrap:wrap;gap:4px 24px;align-items:baseline;padding-top:14px;padding-bottom:14px}
.bar strong{font-size:22px;letter-spacing:.2px}.bar nav a{margin-right:18px;text-decoration:underline}
.synthetic{background:#801650;color:#fff;text-align:center;padding:8px 16px;font-weight:600}
.fresh{background:#fff;border-bottom:1px solid #d3d9de}.fresh p{max-width:1180px;margin:0 auto;padding:8px 20px;color:#3f4a52}
h1{font-size:30px;line-height:1.2;margin:26px 0 6px}h2{font-size:21px;margin:0 0 10px}h3{font-size:17px;margin:18px 0 6px}
p{max-width:76ch;margin:0 0 12px}.lead{font-size:19px}main>p:first-child{margin-top:14px}
section{background:#fff;border:1px solid #d3d9de;border-radius:6px;padding:20px 22px;margin:18px 0}
.two{display:grid;grid-template-columns:1fr 1fr;gap:18px}.two section{margin:0}
form.pick{display:flex;flex-wrap:wrap;gap:10px 16px;align-items:end;margin:14px 0 4px}
form.pick>div{max-width:100%;min-width:0}select{width:100%}
form.pick label{display:block;font-size:15px;color:#3f4a52}
select,button{font:inherit;padding:6px 10px;border:1px solid #5b6670;border-radius:4px;background:#fff;color:#212b32;max-width:100%}
button{background:#12436d;color:#fff;border-color:#12436d;cursor:pointer}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:16px}
caption{text-align:left;color:#3f4a52;padding-bottom:6px}
th,td{text-align:left;padding:8px 12px 8px 0;border-bottom:1px solid #e2e7eb;vertical-align:top}
th{font-size:14px;color:#3f4a52;font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
tr.on td{background:#eef3f8}
.state{white-space:normal}.concern{color:#b8430b}.improvement{color:#12436d}.neutral{color:#801650}.common{color:#3f4a52}
.badge{display:inline-block;border:1px solid #5b6670;border-radius:12px;padding:0 10px;font-size:14px;color:#3f4a52}
figure{margin:0}figcaption{color:#3f4a52;font-size:15px;max-width:90ch;margin-top:6px}
svg{display:block;width:100%;height:auto}svg text{font-family:'Helvetica Neue',Arial,sans-serif}
.wide svg{min-width:620px}.wide{overflow-x:auto}
svg.spark{width:130px;height:30px;min-width:0}
details{margin-top:10px}summary{cursor:pointer;color:#12436d}
dl.key{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:12px 20px;margin:0}
dl.key dt{font-size:14px;color:#3f4a52}dl.key dd{margin:0;font-size:21px;font-weight:600}
dl.facts dt{font-weight:600;margin-top:8px}dl.facts dd{margin:0;max-width:76ch}
.item{border-left:5px solid #5b6670;padding:2px 0 2px 14px;margin:0 0 16px}
.item.concern{border-color:#b8430b;color:inherit}.item.improvement{border-color:#12436d;color:inherit}.item.neutral{border-color:#801650;color:inherit}
pre{overflow-x:auto;background:#f3f5f7;padding:12px;font-size:14px;border-radius:4px}
footer{color:#3f4a52;font-size:15px;margin:30px 0 40px}
@media (max-width:820px){.two{grid-template-columns:1fr}h1{font-size:25px}section{padding:16px 14px;margin:14px 0}.bar,main,footer .in{padding-left:12px;padding-right:12px}.lead{font-size:18px}th,td{padding-right:10px}}
@media print{body{background:#fff}header,form,.skip,details{display:none}section{border:0;padding:0;break-inside:avoid}}
";

/// A page of the publication.
pub(crate) fn page(title: &str, publication: &Publication, freshness: &[Freshness], body: Markup) -> Markup {
    let synthetic = publication.synthetic == 1;
    frame(
        title,
        synthetic,
        html! {
            @if synthetic {
                div class="synthetic" { "Synthetic data: every practice, person and number here is invented." }
            }
            div class="fresh" { p {
                @for feed in freshness { (feed.sentence) ". " }
                "Items prescribed by general practices, cancer and palliative care included."
            } }
            main id="main" { (body) }
            footer { div class="in" {
                p { "Publication " (publication.publication) ", digest " (publication.digest.get(..12).unwrap_or_default()) "…, computed by signpost " (publication.build) ". "
                    "For improving care, not for judging single patients: nothing here is advice to change anyone's dose." }
            } }
        },
    )
}

/// A page that says what is missing and what to do.
pub(crate) fn notice(title: &str, words: &str) -> Markup {
    frame(title, false, html! { main id="main" { h1 { (title) } p class="lead" { (words) } p { a href="/" { "To the overview" } } } })
}

fn frame(title: &str, synthetic: bool, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en-GB" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) @if synthetic { " (synthetic data)" } " – signpost" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a class="skip" href="#main" { "Skip to content" }
                header { div class="bar" {
                    strong { a href="/" { "signpost" } }
                    span { "Opioid stewardship" }
                    nav aria-label="Pages" { a href="/" { "Overview" } a href="/#interventions" { "Interventions" } a href="/#measures" { "Measures" } }
                } }
                (body)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BLUE, GREEN, GREY, INK, ORANGE, PALE, PURPLE};

    /// Relative luminance (WCAG 2.2).
    fn luminance(color: &str) -> f64 {
        let channel = |start: usize| {
            let value = f64::from(u8::from_str_radix(color.get(start..start + 2).unwrap_or("0"), 16).unwrap_or(0)) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (a, b) = (luminance(one), luminance(other));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_colour_can_be_told_from_its_ground() {
        // Black on white is 21:1 by definition.
        assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 1e-9);
        for color in [INK, GREY, BLUE, ORANGE, PURPLE, GREEN] {
            for ground in ["#ffffff", PALE] {
                assert!(contrast(color, ground) >= 4.5, "{color} on {ground}: {:.2}", contrast(color, ground));
            }
        }
        assert!(contrast("#ffffff", BLUE) >= 4.5 && contrast("#ffffff", PURPLE) >= 4.5);
    }
}
