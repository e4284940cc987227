//! The one table of keywords: English words and their Chinese twins.
//!
//! `grammar.pest` spells the same words out; a test holds the two against each other.

/// What a keyword is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Holds rules together; never a name, except in backticks or after a dot.
    Structure,
    /// Starts a declaration; a name only inside expressions.
    Head,
    /// Means something only in its place; a name everywhere else.
    Word,
    /// A function of expressions; the grammar reads it as a name.
    Function,
}

/// A keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyword {
    /// The English word or words; empty for a Chinese word that stands for several English ones (`本月`: `this month`).
    pub english: &'static str,
    /// The Chinese twins, the preferred one first.
    pub chinese: &'static [&'static str],
    /// What it is for.
    pub role: Role,
}

impl Keyword {
    /// Whether it is never a bare name where names are declared.
    pub fn reserved(&self) -> bool {
        matches!(self.role, Role::Structure | Role::Head)
    }
}

/// All keywords.
pub const ALL: &[Keyword] = &[
    structure("when", &["当"]),
    structure("unless", &["除非"]),
    structure("then", &["则", "那么", "就"]),
    structure("and", &["且", "并且", "而且"]),
    structure("or", &["或", "或者"]),
    structure("not", &["非", "不"]),
    structure("in", &["在", "位于", "属于"]),
    structure("where", &["其中"]),
    structure("since", &["自", "自从"]),
    structure("after", &["之后"]),
    structure("send", &["发送", "发"]),
    head("use", &["引用", "使用"]),
    head("param", &["参数"]),
    head("let", &["定义"]),
    head("segment", &["人群"]),
    head("tier", &["分层"]),
    head("template", &["模板"]),
    head("pool", &["券池", "码池"]),
    head("fact", &["外部数据", "外部事实"]),
    head("campaign", &["活动"]),
    head("rule", &["规则"]),
    head("limit", &["限频"]),
    head("suppress", &["屏蔽"]),
    head("forbid", &["禁止"]),
    head("test", &["测试"]),
    word("by", &["按", "按照", "依据"]),
    word("for", &["用于", "对象", "针对"]),
    word("from", &["从", "来自"]),
    word("because", &["因为", "原因"]),
    word("any", &["任意", "任何", "所有渠道"]),
    word("transactional", &["事务类", "通知类"]),
    word("active", &["生效", "有效"]),
    word("holdout", &["对照组", "单独对照"]),
    word("convert", &["转化"]),
    word("within", &["在"]),
    word("", &["以内", "之内", "内"]),
    word("budget", &["预算"]),
    word("priority", &["优先级"]),
    word("per", &["每"]),
    word("times", &["次", "条", "份", "名", "人"]),
    word("every", &["每", "每个", "每隔"]),
    word("daily", &["每天", "每日"]),
    word("weekly", &["每周", "每星期"]),
    word("monthly", &["每月", "每个月"]),
    word("quarterly", &["每季度", "每个季度"]),
    word("yearly", &["每年"]),
    word("", &["每个工作日", "每工作日"]),
    word("on", &["在", "的"]),
    word("workday", &["工作日"]),
    word("last workday", &["最后一个工作日", "最后工作日"]),
    word("last day", &["最后一天", "月末"]),
    word("day", &["天", "日"]),
    word("week", &["周", "星期"]),
    word("month", &["月", "个月"]),
    word("quarter", &["季度", "季"]),
    word("year", &["年"]),
    word("monday", &["周一", "星期一", "一"]),
    word("tuesday", &["周二", "星期二", "二"]),
    word("wednesday", &["周三", "星期三", "三"]),
    word("thursday", &["周四", "星期四", "四"]),
    word("friday", &["周五", "星期五", "五"]),
    word("saturday", &["周六", "星期六", "六"]),
    word("sunday", &["周日", "星期日", "星期天", "周天", "日", "天"]),
    word("again", &["再次"]),
    word("split", &["分流"]),
    word("hold", &["不发", "保留"]),
    word("tag", &["打标签"]),
    word("untag", &["去标签", "去掉标签"]),
    word("task", &["任务"]),
    word("grant", &["赠送"]),
    word("coupon", &["券", "优惠券"]),
    word("off", &["优惠", "折扣"]),
    word("gift", &["礼品", "赠品"]),
    word("points", &["积分"]),
    word("trial", &["试用"]),
    word("ttl", &["有效期"]),
    word("at", &["于", "在"]),
    word("quota", &["配额", "限量", "名额"]),
    word("best by", &["择优", "择优按"]),
    word("as", &["显示为", "写成"]),
    word("given", &["假设", "假如"]),
    word("expect", &["期望"]),
    word("nothing", &["什么都不做", "无动作", "无"]),
    word("", &["不在", "不属于"]),
    word("", &["不包含", "不含"]),
    word("contains", &["包含", "含有"]),
    word("is not", &["不是"]),
    word("is", &["是", "为"]),
    word("missing", &["缺失", "未知"]),
    word("known", &["已知"]),
    word("or else", &["否则", "缺省"]),
    word("", &["大于", "超过", "高于", "多于"]),
    word("", &["小于", "低于", "少于"]),
    word("", &["等于"]),
    word("", &["不等于"]),
    word("", &["大于等于", "不小于", "不低于", "不少于", "至少"]),
    word("", &["小于等于", "不大于", "不高于", "不超过", "至多"]),
    word("last", &["最近", "过去"]),
    word("next", &["未来", "接下来"]),
    word("ago", &["前", "之前", "以前"]),
    word("top", &["前"]),
    word("this", &["这个", "本"]),
    word("", &["今天内", "今日内"]),
    word("", &["本周", "这周"]),
    word("", &["本月", "这个月"]),
    word("", &["本季度", "这个季度"]),
    word("", &["今年", "本年"]),
    word("", &["以来", "起"]),
    word("best", &["优先"]),
    word("low", &["低者"]),
    word("high", &["高者"]),
    word("", &["低者优先", "越低越好"]),
    word("", &["高者优先", "越高越好"]),
    word("enters", &["进入"]),
    word("leaves", &["离开"]),
    word("everyone", &["所有人", "全部客户"]),
    word("now", &["现在", "此刻"]),
    word("today", &["今天", "今日"]),
    word("true", &["真"]),
    word("false", &["假"]),
    word("day of month", &["每月几号", "几号"]),
    word("day of week", &["星期几", "周几"]),
    word("month of year", &["月份"]),
    function_word("count", &["计数"]),
    function_word("sum", &["求和"]),
    function_word("avg", &["平均"]),
    function_word("min", &["最小"]),
    function_word("max", &["最大"]),
    function_word("first", &["首次"]),
    function_word("last", &["末次"]),
    function_word("distinct", &["种类数"]),
    function_word("exists", &["存在"]),
    function_word("quintile", &["五分位"]),
    function_word("rank", &["排名"]),
    function_word("anniversary", &["周年"]),
];

const fn structure(english: &'static str, chinese: &'static [&'static str]) -> Keyword {
    Keyword { english, chinese, role: Role::Structure }
}

const fn head(english: &'static str, chinese: &'static [&'static str]) -> Keyword {
    Keyword { english, chinese, role: Role::Head }
}

const fn word(english: &'static str, chinese: &'static [&'static str]) -> Keyword {
    Keyword { english, chinese, role: Role::Word }
}

const fn function_word(english: &'static str, chinese: &'static [&'static str]) -> Keyword {
    Keyword { english, chinese, role: Role::Function }
}

/// The English name of the function that this word is, in either language.
pub fn function(word: &str) -> Option<&'static str> {
    find(word, |keyword| keyword.role == Role::Function).map(|keyword| keyword.english)
}

/// The reserved keyword that this word is, in either language.
pub(crate) fn reserved(word: &str) -> Option<&'static Keyword> {
    find(word, Keyword::reserved)
}

/// Whether this word is a keyword, functions apart.
pub(crate) fn known(word: &str) -> bool {
    find(word, |keyword| keyword.role != Role::Function).is_some()
}

/// Whether this word is that keyword or one of its twins.
pub(crate) fn is(word: &str, english: &str) -> bool {
    find(word, |keyword| keyword.english == english).is_some()
}

/// The keyword that this word is, if it can start a declaration.
pub(crate) fn item_head(word: &str) -> Option<&'static Keyword> {
    find(word, starts_item)
}

/// The keyword that this word is, if it can start a member of a campaign.
pub(crate) fn member_head(word: &str) -> Option<&'static Keyword> {
    find(word, starts_member)
}

/// Whether a declaration can start with it.
pub(crate) fn starts_item(keyword: &Keyword) -> bool {
    keyword.role == Role::Head || keyword.english == "when"
}

/// Whether a member of a campaign can start with it.
pub(crate) fn starts_member(keyword: &Keyword) -> bool {
    let members = [
        "active", "every", "daily", "weekly", "monthly", "holdout", "convert", "budget", "rule", "when",
        "limit",
    ];
    members.contains(&keyword.english)
}

fn find(word: &str, wanted: impl Fn(&Keyword) -> bool) -> Option<&'static Keyword> {
    ALL.iter().find(|keyword| wanted(keyword) && (keyword.english == word || keyword.chinese.contains(&word)))
}
