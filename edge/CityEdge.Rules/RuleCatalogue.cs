using System.Reflection;

namespace CityEdge.Rules;

/// <summary>The rule files shipped with the product; each carries its own tests and the source of its limits.</summary>
public static class RuleCatalogue
{
    private const string Prefix = "CityEdge.Rules.catalogue.";
    private static readonly Lazy<IReadOnlyList<(string File, string Yaml)>> Files = new(Load);

    /// <summary>File name and text, by file name.</summary>
    public static IReadOnlyList<(string File, string Yaml)> All => Files.Value;

    private static IReadOnlyList<(string File, string Yaml)> Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return [.. assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(name => (name[Prefix.Length..], EmbeddedText.Read(assembly, name)))];
    }
}
