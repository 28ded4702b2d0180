using System.Reflection;

namespace CityEdge.Rules;

/// <summary>The JSON Schema (2020-12) of rule files, for editors. The parser is the judge; the schema helps while typing.</summary>
public static class RuleSchema
{
    private static readonly Lazy<string> Text = new(() => EmbeddedText.Read(Assembly.GetExecutingAssembly(), "CityEdge.Rules.rule.schema.json"));

    /// <summary>The schema's text.</summary>
    public static string Json => Text.Value;
}
