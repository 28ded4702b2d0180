using CityEdge.Hub.Tickets;

namespace CityEdge.Hub.Complaints;

/// <summary>How the columns and words of somebody else's export become complaints.</summary>
public sealed class ComplaintMapping
{
    /// <summary>Fields of a complaint that a column can hold.</summary>
    public static readonly IReadOnlyList<string> Fields = ["external_id", "channel", "kind", "category", "text", "at", "asset", "lat", "long", "address", "name", "phone"];

    private static readonly Dictionary<string, ComplaintKind> Kinds = new(StringComparer.OrdinalIgnoreCase)
    {
        ["complaint"] = ComplaintKind.Complaint, ["投诉"] = ComplaintKind.Complaint, ["need"] = ComplaintKind.Need, ["需求"] = ComplaintKind.Need, ["求助"] = ComplaintKind.Need,
        ["inquiry"] = ComplaintKind.Inquiry, ["咨询"] = ComplaintKind.Inquiry, ["praise"] = ComplaintKind.Praise, ["表扬"] = ComplaintKind.Praise,
        ["suggestion"] = ComplaintKind.Suggestion, ["建议"] = ComplaintKind.Suggestion,
    };

    private readonly Dictionary<string, string> columns = Fields.ToDictionary(f => f, f => f);
    private readonly Dictionary<string, string> constants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> categories = new(StringComparer.Ordinal);

    /// <summary>Words of the export and the categories that they mean.</summary>
    public IReadOnlyDictionary<string, string> Categories => categories;

    /// <summary>Values that all rows have.</summary>
    public IReadOnlyDictionary<string, string> Constants => constants;

    /// <summary>Reads <c>FIELD=COLUMN</c>, <c>FIELD=VALUE</c> and <c>WORD=CATEGORY</c>; null with what is wrong when one cannot be used.</summary>
    public static ComplaintMapping? Read(IEnumerable<string?>? map, IEnumerable<string?>? set, IEnumerable<string?>? category, out string wrong)
    {
        var mapping = new ComplaintMapping();
        foreach (var (text, name, into, fields) in Pairs("map", "FIELD=COLUMN", map, mapping.columns).Concat(Pairs("set", "FIELD=VALUE", set, mapping.constants)).Concat(Pairs("category", "WORD=CATEGORY", category, mapping.categories)))
        {
            var at = text.IndexOf('=');
            wrong = at < 1 || at == text.Length - 1 ? $"{name} is '{text}'; expected {fields}" : into != mapping.categories && !Fields.Contains(text[..at]) ? $"{name} names the field '{text[..at]}'; expected one of {string.Join(", ", Fields)}" : "";
            if (wrong.Length > 0) return null;
            into[text[..at].Trim()] = text[(at + 1)..].Trim();
        }
        wrong = "";
        return mapping;

        static IEnumerable<(string Text, string Name, Dictionary<string, string> Into, string Form)> Pairs(string name, string form, IEnumerable<string?>? texts, Dictionary<string, string> into) =>
            (texts ?? []).OfType<string>().Select(text => (text, name, into, form));
    }

    /// <summary>The column that holds a field.</summary>
    public string Column(string field) => columns[field];

    /// <summary>True when the caller named the column, so that it must be there.</summary>
    public bool IsMapped(string field) => columns[field] != field;

    /// <summary>The kind that a word of the export means.</summary>
    public static bool TryKind(string word, out ComplaintKind kind) => Kinds.TryGetValue(word, out kind);

    /// <summary>Words for kinds, for an error.</summary>
    public static string KindWords => string.Join(", ", Kinds.Keys);
}
