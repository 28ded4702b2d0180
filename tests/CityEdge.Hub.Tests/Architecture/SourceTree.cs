using System.Xml.Linq;

namespace CityEdge.Hub.Tests;

/// <summary>The checkout as the architecture tests see it.</summary>
internal static class SourceTree
{
    private static readonly string[] Generated = ["bin", "obj", "node_modules", "wwwroot", "dist", "coverage", ".git", ".vs"];

    /// <summary>The three houses.</summary>
    public static readonly string[] Houses = ["firmware-adapters", "edge", "hub"];

    /// <summary>Project files of the houses, relative to the root.</summary>
    public static IReadOnlyList<string> Projects { get; } = Houses.SelectMany(h => Files(h)).Where(f => f.EndsWith(".csproj", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();

    /// <summary>Files below a folder, relative to the root, without what is generated.</summary>
    public static IEnumerable<string> Files(string folder = "")
    {
        var path = Path.Combine(Checkout.Root, folder);
        foreach (var file in Directory.GetFiles(path)) yield return Path.GetRelativePath(Checkout.Root, file);
        foreach (var below in Folders(folder))
        {
            foreach (var file in Files(below)) yield return file;
        }
    }

    /// <summary>Folders directly below, relative to the root, without what is generated.</summary>
    public static IEnumerable<string> Folders(string folder) =>
        Directory.GetDirectories(Path.Combine(Checkout.Root, folder)).Where(f => !Generated.Contains(Path.GetFileName(f))).Select(f => Path.GetRelativePath(Checkout.Root, f)).Order(StringComparer.Ordinal);

    public static string Name(string project) => Path.GetFileNameWithoutExtension(project);

    public static IEnumerable<XElement> Elements(string project, string name) => XDocument.Load(Path.Combine(Checkout.Root, project)).Descendants(name);

    /// <summary>The built assembly of a project, in the same configuration as the tests.</summary>
    public static string Assembly(string project)
    {
        var name = Elements(project, "AssemblyName").FirstOrDefault()?.Value ?? Name(project);
        return Checkout.Program(Path.GetDirectoryName(project)!, name + ".dll");
    }
}
