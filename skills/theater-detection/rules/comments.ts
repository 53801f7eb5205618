import { found, type Rule } from "../rule.ts";

const MARKER =
  /^(?:@?(?:TODO|FIXME|XXX|HACK|TBD|STUB|WIP))\b(?:\([^)]*\))?\s*[:\-–]?\s*(?<rest>.*)/s;
const HAS_ISSUE = /#\d+|https?:\/\/|\b[A-Z][A-Z0-9]+-\d+\b/;

const ADMISSIONS: readonly RegExp[] = [
  /\bin (?:a |an |the )?(?:real|production|actual|full)(?:[- ](?:world|life))? ?(?:implementation|applications?|app|system|code|version|scenario|environment|world|life)?,? (?:this|we|you|it|one) (?:would|should|could|might|will)\b/i,
  /\b(?:real|actual|proper|production) (?:implementation|version|code|logic) (?:would|should|will|goes|comes|to follow|here)\b/i,
  /^(?:(?:just|only|for now|currently|temporary|temporarily)[:,]? )*(?:a |an |the |return(?:s|ing)? |use |using )*(?:simulat(?:e|es|ed|ing|ion)|mock(?:s|ed|ing)?|fak(?:e|es|ed|ing)|dummy|stub(?:bed)?|placeholder|pretend(?:s|ing)?|hard-?coded)(?: (?:an?|the|some|to|for|of|out|with|by|real|actual|[a-z]+))?(?: (?:an?|the|some|[a-zA-Z]+))? ?(?:data|responses?|results?|values?|implementation|(?:api |network |database |http )?(?:calls?|requests?|access)|processing|logic|behaviou?r|latency|success|users?|database|output|returns?|numbers?|metrics?)\b/i,
  /\b(?:hard-?coded|mocked|faked|stubbed|simulated|dummy|placeholder)\b.{0,40}\b(?:for now|for the moment|temporar\w*|until (?:the|we|it|this))\b/i,
  /\bfor now\b.{0,40}\b(?:just |simply |always )?(?:return|pretend|assume|fake|mock|hard-?cod|simulat|skip|ignore)/i,
  /\b(?:doesn'?t|does not|not) (?:actually|really) (?:do|call|send|save|check|validate|work|implement|delete|run|execute|connect|store)\b/i,
  /\b(?:replace|swap) (?:this|it|these|me) (?:with|by|for) (?:a |an |the )?(?:real|actual|proper)\b/i,
  /\bwould (?:call|use|query|send|connect to|be replaced (?:with|by)) (?:a |an |the )?(?:real|actual|proper) \w+/i,
];

/** What the comments admit. */
export const COMMENT_RULES: readonly Rule[] = [
  {
    id: "theater/unfinished-marker",
    severity: "low",
    looksAt: "sources",
    message:
      "a comment says that something is left to do, and no issue keeps it from being forgotten",
    fix: "Do it, or name the issue that is about it.",
    find({ comments }) {
      return comments
        .filter(({ text }) => {
          const rest = MARKER.exec(text)?.groups?.["rest"];
          return rest !== undefined && /[a-z]{3}/i.test(rest) && !HAS_ISSUE.test(text);
        })
        .map((each) => found(each, "high"));
    },
  },
  {
    id: "theater/admitted-fake",
    severity: "medium",
    looksAt: "sources",
    message: "a comment admits that the code only pretends",
    fix: "Write the real thing, or fail with an error that says that it is not there.",
    find({ comments }) {
      return comments
        .filter(({ text }) => ADMISSIONS.some((admission) => admission.test(text)))
        .map((each) => found(each, "medium"));
    },
  },
  {
    id: "theater/commented-out-code",
    severity: "low",
    looksAt: "sources",
    message: "code stands in comments, where it neither runs nor is gone",
    fix: "Take it out: the history has it.",
    find({ deadCode }) {
      return deadCode.map((each) => found(each, "medium"));
    },
  },
];
