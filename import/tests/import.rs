//! Small lists of every kind, from the file to the rows of the table.

#![expect(clippy::unwrap_used, reason = "what tests call fails where it stands, like tests")]

use rulec_diagnostic::Diagnostic;
use rulec_import::{ColumnType, Existing, Options, Phase, Report, import};
use rusqlite::Connection;
use rusqlite::types::Value;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use std::io::Write;
use std::path::PathBuf;
use tempfile::TempDir;

/// A folder with a list and a database.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Options {
        std::fs::write(self.path(name), content).unwrap();
        self.options(name)
    }

    fn options(&self, name: &str) -> Options {
        Options::new(self.path(name), self.path("shop.db"))
    }

    /// All rows of a table, cells as `typeof:value`.
    fn rows(&self, table: &str) -> Vec<Vec<String>> {
        let connection = Connection::open(self.path("shop.db")).unwrap();
        let mut statement = connection.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let width = statement.column_count();
        let cells = statement.query_map([], |row| (0..width).map(|at| Ok(shown(row.get(at)?))).collect());
        cells.unwrap().map(|row| row.unwrap()).collect()
    }
}

fn shown(value: Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => format!("{number:?}"),
        Value::Text(text) => format!("'{text}'"),
        Value::Blob(_) => "blob".to_owned(),
    }
}

fn run(options: &Options) -> Report {
    import(options, &mut |_| {}).unwrap_or_else(|found| panic!("{found:#?}"))
}

fn refused(options: &Options) -> Vec<Diagnostic> {
    import(options, &mut |_| {}).expect_err("this cannot be imported")
}

fn codes(options: &Options) -> Vec<&'static str> {
    refused(options).iter().map(|finding| finding.code.name()).collect()
}

fn kinds(report: &Report) -> Vec<ColumnType> {
    report.columns.iter().map(|column| column.kind).collect()
}

const MEMBERS: &str =
    "姓名,手机,消费,注册,等级\n张三,13800138000,\"1,234.50\",2026/1/5,3\n李四,,¥99,2026-11-21,\n";

#[test]
fn a_list_arrives_with_the_types_that_all_its_rows_have() {
    let place = Place::new();
    let report = run(&place.write("会员 名单(1).csv", MEMBERS));
    assert_eq!((report.table.as_str(), report.rows), ("会员_名单_1", 2));
    assert_eq!((report.encoding, report.delimiter), (Some("UTF-8"), Some(',')));
    use ColumnType::{Date, Integer, Number, Text};
    assert_eq!(kinds(&report), [Text, Text, Number, Date, Integer]);
    assert_eq!(report.columns.iter().map(|column| column.missing).collect::<Vec<_>>(), [0, 1, 0, 0, 1]);
    let rows = place.rows("会员_名单_1");
    assert_eq!(rows[0], ["'张三'", "'13800138000'", "1234.5", "'2026-01-05'", "3"]);
    assert_eq!(rows[1], ["'李四'", "NULL", "99.0", "'2026-11-21'", "NULL"]);
}

#[test]
fn every_encoding_of_a_list_gives_the_same_rows() {
    let utf16: Vec<u8> =
        "\u{FEFF}".encode_utf16().chain(MEMBERS.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let (gb18030, ..) = encoding_rs::GB18030.encode(MEMBERS);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&gb18030).unwrap();
    let with_bom = format!("\u{FEFF}{MEMBERS}").into_bytes();
    for (name, content, encoding) in [
        ("m.csv", MEMBERS.replace('\n', "\r\n").into_bytes(), "UTF-8"),
        ("m.csv", with_bom, "UTF-8"),
        ("m.csv", gb18030.to_vec(), "gb18030"),
        ("m.csv", utf16, "UTF-16LE"),
        ("m.csv.gz", gzip.finish().unwrap(), "gb18030"),
    ] {
        let place = Place::new();
        let report = run(&place.write(name, content));
        assert_eq!((report.encoding, report.table.as_str()), (Some(encoding), "m"));
        assert_eq!(place.rows("m")[0][0], "'张三'", "{encoding}");
    }
}

#[test]
fn a_told_encoding_is_used_and_checked() {
    let place = Place::new();
    let (big5, ..) = encoding_rs::BIG5.encode("name\n張三\n");
    let mut options = place.write("m.csv", big5);
    options.encoding = Some("big5".to_owned());
    assert_eq!(run(&options).encoding, Some("Big5"));
    options.encoding = Some("utf-8".to_owned());
    let found = refused(&options);
    assert!(found[0].message.en.starts_with("line 2 of"), "{found:?}");
    options.encoding = Some("klingon".to_owned());
    assert_eq!(codes(&options), ["R0203"]);
}

#[test]
fn the_delimiter_is_found_in_the_header() {
    for (name, text, delimiter) in [
        ("m.tsv", "a,b\tc\n1\t2\n", '\t'),
        ("m.csv", "a;b\n1;2\n", ';'),
        ("m.csv", "a\tb\n1\t2\n", '\t'),
        ("m.csv", "\"x;y;z\",b\n1,2\n", ','),
        ("m.csv", "a\n1\n", ','),
    ] {
        let place = Place::new();
        assert_eq!(run(&place.write(name, text)).delimiter, Some(delimiter), "{text}");
    }
}

#[test]
fn a_told_delimiter_must_be_one() {
    let place = Place::new();
    let mut options = place.write("m.csv", "a#b\n1#2\n");
    options.delimiter = Some('#');
    assert_eq!(run(&options).columns.len(), 2);
    options.delimiter = Some('，');
    assert_eq!(codes(&options), ["R0204"]);
}

#[test]
fn quotes_hold_line_breaks_and_quotes() {
    let place = Place::new();
    run(&place.write("m.csv", "a,b\n\"one\ntwo\",\"say \"\"hi\"\"\"\n\n,\nx,y\n"));
    assert_eq!(place.rows("m"), [["'one\ntwo'", "'say \"hi\"'"], ["'x'", "'y'"]]);
}

#[test]
fn every_bad_row_is_named_and_nothing_is_imported() {
    let place = Place::new();
    let mut options = place.write("m.csv", "a,b\n1,2\n3\n4,5,6\n7,x\n\"8\n\",9\n");
    options.types = vec!["b=integer".to_owned()];
    let found = refused(&options);
    let said: Vec<_> =
        found.iter().map(|finding| finding.message.en.split("m.csv`").nth(1).unwrap()).collect();
    assert_eq!(
        said,
        [
            ": the row has 1 cells, the header has 2",
            ": the row has 3 cells, the header has 2",
            ": `x` in the column `b` is not a whole number",
            " cannot be imported, so none was",
        ]
    );
    assert!(found[2].message.en.starts_with("line 5 of"));
    assert!(!place.path("shop.db").exists(), "a database that was made for nothing is removed");
}

#[test]
fn only_the_first_bad_rows_are_named_but_all_are_counted() {
    let place = Place::new();
    let found = refused(&place.write("m.csv", format!("a,b\n{}", "1\n".repeat(60))));
    assert_eq!(found.len(), 51);
    assert!(found[50].message.en.starts_with("60 rows") && found[50].message.en.contains("10 of them"));
}

#[test]
fn a_quote_that_is_never_closed_is_a_bad_row() {
    let place = Place::new();
    let found = refused(&place.write("m.csv", "a,b\n1,2\n3,\"4\n5,6\n"));
    assert!(found[0].message.en.ends_with("a quote is opened and never closed"), "{found:?}");
}

#[test]
fn headings_are_put_right_and_named() {
    let place = Place::new();
    let report = run(&place.write("m.csv", "a,,A,a\n1,2,3,4\n"));
    let names: Vec<_> = report.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["a", "column_2", "A_2", "a_3"]);
    assert_eq!(report.warnings.len(), 3);
    assert!(report.warnings.iter().all(|warning| !warning.is_error()));
}

#[test]
fn identifiers_stay_texts_and_told_types_win() {
    let place = Place::new();
    let mut options =
        place.write("m.csv", "order,zip,price,flag\n202611210001,010020,9.9,是\n=\"7\",100000,¥1.5,否\n");
    options.types = vec!["price=money".to_owned()];
    run(&options);
    assert_eq!(place.rows("m")[0], ["'202611210001'", "'010020'", "990", "1"]);
    assert_eq!(place.rows("m")[1], ["'7'", "'100000'", "150", "0"]);
    options.types = vec!["prise=money".to_owned(), "zip=number2".to_owned()];
    let found = refused(&options);
    assert_eq!(found.iter().map(|finding| finding.code.name()).collect::<Vec<_>>(), ["R0210", "R0210"]);
    assert_eq!(found[0].help.as_ref().unwrap().en, "did you mean `price`?");
}

#[test]
fn files_that_are_no_lists_are_refused() {
    let place = Place::new();
    for (content, code) in [
        (&b""[..], "R0202"),
        (b"\n \n", "R0202"),
        (b"a,b\n", "R0202"),
        (b"a\n\0\n", "R0203"),
        (b"a\n\xFF\n", "R0203"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1", "R0205"),
        (b"PK\x03\x04 no zip", "R0205"),
        (b"\x1F\x8B no gzip", "R0201"),
    ] {
        assert_eq!(codes(&place.write("m.csv", content)), [code], "{content:?}");
    }
    assert_eq!(codes(&place.options("none.csv")), ["R0201"]);
    assert_eq!(codes(&place.options("")), ["R0201"]);
    assert!(!place.path("shop.db").exists());
}

#[test]
fn a_table_that_is_there_is_kept_unless_told() {
    let place = Place::new();
    run(&place.write("m.csv", "a,b\n1,x\n"));
    let mut options = place.write("m.csv", "B,A\ny,2\n");
    assert_eq!(codes(&options), ["R0212"]);
    options.existing = Existing::Append;
    run(&options);
    assert_eq!(place.rows("m"), [["1", "'x'"], ["2", "'y'"]]);
    options.existing = Existing::Replace;
    run(&options);
    assert_eq!(place.rows("m"), [["'y'", "2"]]);
}

#[test]
fn a_failed_replacement_leaves_the_old_table() {
    let place = Place::new();
    run(&place.write("m.csv", "a\n1\n"));
    let mut options = place.write("m.csv", "a\n1\n2,3\n");
    options.existing = Existing::Replace;
    assert_eq!(codes(&options), ["R0207", "R0208"]);
    assert_eq!(place.rows("m"), [["1"]]);
}

#[test]
fn rows_are_added_only_where_the_columns_are_the_same() {
    let place = Place::new();
    run(&place.write("m.csv", "id,zip,n\n1,010020,5\n"));
    let mut options = place.write("m.csv", "id,zip,n\n2,100000,\n");
    options.existing = Existing::Append;
    run(&options);
    assert_eq!(
        place.rows("m")[1],
        ["2", "'100000'", "NULL"],
        "a text column keeps its texts, a blank fits anywhere"
    );
    let mut options = place.write("m.csv", "id,city,n\n2,x,y\n");
    options.existing = Existing::Append;
    assert_eq!(codes(&options), ["R0213", "R0213", "R0213"]);
}

#[test]
fn a_column_of_cents_says_so_and_takes_further_amounts_as_cents() {
    let place = Place::new();
    let mut options = place.write("o.csv", "paid\n12.5\n");
    options.types = vec!["paid=money".to_owned()];
    run(&options);
    let mut more = place.write("more.csv", "paid\n3\n");
    more.table = Some("o".to_owned());
    more.existing = Existing::Append;
    assert_eq!(kinds(&run(&more)), [ColumnType::Money]);
    assert_eq!(place.rows("o"), [["1250"], ["300"]]);
    let connection = Connection::open(place.path("shop.db")).unwrap();
    let declared: String =
        connection.query_row("SELECT type FROM pragma_table_info('o')", [], |row| row.get(0)).unwrap();
    assert_eq!(declared, rulec_import::CENTS);
}

#[test]
fn a_view_is_never_overwritten() {
    let place = Place::new();
    Connection::open(place.path("shop.db")).unwrap().execute_batch("CREATE VIEW m AS SELECT 1 AS a").unwrap();
    let mut options = place.write("m.csv", "a\n1\n");
    options.existing = Existing::Replace;
    assert_eq!(codes(&options), ["R0212"]);
}

#[test]
fn a_dry_run_tells_the_same_and_writes_nothing() {
    let place = Place::new();
    let mut options = place.write("m.csv", MEMBERS);
    options.dry_run = true;
    let dry = run(&options);
    assert!(!place.path("shop.db").exists());
    options.dry_run = false;
    assert_eq!(run(&options), dry);
    options.dry_run = true;
    assert_eq!(codes(&options), ["R0212"]);
}

#[test]
fn names_are_quoted_and_databases_may_be_refused() {
    let place = Place::new();
    let mut options = place.write("m.csv", "a \"b\";--\n1\n");
    options.table = Some("drop \"table\"".to_owned());
    options.delimiter = Some(',');
    run(&options);
    assert_eq!(place.rows("drop \"\"table\"\"").len(), 1);
    options.table = Some("sqlite_x".to_owned());
    assert_eq!(codes(&options), ["R0211"]);
    options.table = None;
    options.database = place.path("none/shop.db");
    assert_eq!(codes(&options), ["R0214"]);
    options.database = place.path("m.csv");
    assert_eq!(codes(&options), ["R0214"]);
    assert!(place.path("m.csv").exists());
}

#[test]
fn progress_ends_with_all_rows_of_both_phases() {
    let place = Place::new();
    let text: String =
        std::iter::once("n\n".to_owned()).chain((0..25_000).map(|n| format!("{n}\n"))).collect();
    let mut seen = Vec::new();
    import(&place.write("m.csv", text), &mut |progress| seen.push((progress.phase, progress.rows))).unwrap();
    let expected = |phase| [(phase, 10_000), (phase, 20_000), (phase, 25_000)];
    assert_eq!(seen, [expected(Phase::Looking), expected(Phase::Loading)].concat());
}

/// A workbook of two sheets, with what Excel has that text has not.
fn workbook(place: &Place, name: &str) -> Options {
    let mut workbook = Workbook::new();
    let date = Format::new().set_num_format("yyyy-mm-dd");
    let time = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    let sheet = workbook.add_worksheet().set_name("会员").unwrap();
    sheet.write_row(0, 0, ["姓名", "手机", "消费", "生日", "最近", "会员", "备注"]).unwrap();
    sheet.write_row(1, 0, ["张三", "0102345"]).unwrap();
    sheet.write_number(1, 2, 1234.5).unwrap();
    sheet.write_datetime_with_format(1, 3, ExcelDateTime::from_ymd(1990, 10, 3).unwrap(), &date).unwrap();
    let moment = ExcelDateTime::from_ymd(2026, 11, 21).unwrap().and_hms(20, 5, 0).unwrap();
    sheet.write_datetime_with_format(1, 4, moment, &time).unwrap();
    sheet.write_boolean(1, 5, true).unwrap();
    sheet.merge_range(3, 0, 4, 0, "李四", &Format::new()).unwrap();
    sheet.write_number(3, 1, 13_800_138_000_f64).unwrap();
    sheet.write_number(4, 2, 99).unwrap();
    workbook.add_worksheet().set_name("订单").unwrap().write_row(0, 0, ["a"]).unwrap();
    workbook.save(place.path(name)).unwrap();
    place.options(name)
}

#[test]
fn a_workbook_arrives_like_a_text_file() {
    let place = Place::new();
    let report = run(&workbook(&place, "会员.xlsx"));
    assert_eq!(
        (report.sheet.as_deref(), report.other_sheets.as_slice()),
        (Some("会员"), ["订单".to_owned()].as_slice())
    );
    assert_eq!((report.encoding, report.delimiter, report.rows), (None, None, 3));
    let rows = place.rows("会员");
    assert_eq!(
        rows[0],
        ["'张三'", "'0102345'", "1234.5", "'1990-10-03'", "'2026-11-21 20:05:00'", "1", "NULL"]
    );
    assert_eq!(rows[1], ["'李四'", "'13800138000'", "NULL", "NULL", "NULL", "NULL", "NULL"]);
    assert_eq!(rows[2], ["NULL", "NULL", "99.0", "NULL", "NULL", "NULL", "NULL"]);
}

#[test]
fn a_sheet_is_chosen_by_name() {
    let place = Place::new();
    let mut options = workbook(&place, "m.xlsx");
    options.sheet = Some("会 员".to_owned());
    let found = refused(&options);
    assert_eq!(
        (found[0].code.name(), found[0].help.as_ref().unwrap().en.as_str()),
        ("R0206", "did you mean `会员`?")
    );
    options.sheet = Some("订单".to_owned());
    assert_eq!(codes(&options), ["R0202"]);
}

#[test]
fn a_failed_formula_is_a_bad_row() {
    let place = Place::new();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_row(0, 0, ["a", "b"]).unwrap();
    sheet.write_formula(1, 1, Formula::new("=NA()").set_result("#N/A")).unwrap();
    sheet.write_formula(2, 1, Formula::new("=1+1").set_result("2")).unwrap();
    workbook.save(place.path("m.xlsx")).unwrap();
    let found = refused(&place.options("m.xlsx"));
    assert_eq!(found.len(), 2);
    assert!(
        found[0].message.en.starts_with("line 2 of") && found[0].message.en.contains("`#N/A`"),
        "{found:?}"
    );
}

#[test]
fn households_of_a_grocery_arrive() {
    let place = Place::new();
    let text = "customer_id,age,income,home_ownership,marital_status,household_size,household_comp,kids_count\n\
                1,65+,35-49K,Homeowner,Married,2,2 Adults No Kids,0\n2,,,,,,,\n7,45-54,50-74K,Homeowner,Unmarried,1,,None/Unknown\n";
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let report = run(&place.write("customers.csv.gz", gzip.finish().unwrap()));
    use ColumnType::{Integer, Text};
    assert_eq!(kinds(&report), [Integer, Text, Text, Text, Text, Integer, Text, Text]);
    assert_eq!(place.rows("customers")[1], ["2", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL"]);
}

#[test]
fn a_title_above_the_header_is_one_finding_that_names_the_row_of_the_header() {
    let place = Place::new();
    let mut options = place.write("m.csv", "会员名单\n姓名;手机\n张三;13800138000\n李四;13800138001\n");
    options.delimiter = Some(';');
    let found = refused(&options);
    let help = found[0].help.as_ref().map(|help| help.en.as_str());
    assert_eq!((found.len(), help), (1, Some("say where the names of the columns are: `--header-row 2`")));
    options.header_row = Some(2);
    options.delimiter = None;
    assert_eq!(run(&options).rows, 2);
    let mut options = place.write("q.csv", "\"会员\n\n姓名,手机\n张三,13800138000\n李四\n");
    options.header_row = Some(3);
    assert!(refused(&options)[0].message.en.starts_with("line 5 of"));
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_string(0, 0, "会员名单").unwrap();
    sheet.write_row(1, 0, ["姓名", "手机"]).unwrap();
    sheet.write_row(2, 0, ["张三", "13800138000"]).unwrap();
    workbook.save(place.path("t.xlsx")).unwrap();
    let mut options = place.options("t.xlsx");
    assert_eq!(refused(&options).len(), 1);
    options.header_row = Some(2);
    assert_eq!(run(&options).columns[1].name, "手机");
}

#[test]
fn a_list_of_one_column_is_no_title() {
    let place = Place::new();
    assert_eq!(run(&place.write("m.csv", "手机\n13800138000\n13800138001\n")).rows, 2);
    let found = refused(&place.write("n.csv", "姓名\n张三\n李,四\n"));
    assert!(found[0].message.en.starts_with("line 3 of"), "{found:?}");
}

#[test]
fn an_empty_sheet_names_the_others() {
    let place = Place::new();
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("说明").unwrap();
    workbook.add_worksheet().set_name("会员").unwrap().write_row(0, 0, ["a", "b"]).unwrap();
    workbook.save(place.path("m.xlsx")).unwrap();
    let found = refused(&place.options("m.xlsx"));
    assert_eq!(found[0].code.name(), "R0202");
    assert!(found[0].help.as_ref().unwrap().en.contains("`--sheet 会员`"), "{found:?}");
}
