use crate::assert_ran;
use crate::shop::Shop;

#[test]
fn a_code_has_a_page_in_both_languages() {
    let shop = Shop::empty("explain");
    for (args, title) in [
        (["explain", "P0105", "--lang", "en"], "# P0105: "),
        (["explain", "bad-as-of", "--lang", "zh"], "# P0105: "),
    ] {
        let ran = shop.run(&args);
        assert!(ran.code == Some(0) && ran.out.starts_with(title), "{ran}");
    }
}

#[test]
fn an_unknown_code_names_the_nearest() {
    assert_ran!(Shop::empty("explain-unknown").run(&["explain", "bad-asof"]));
}
