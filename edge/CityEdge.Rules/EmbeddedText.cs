using System.Reflection;

namespace CityEdge.Rules;

internal static class EmbeddedText
{
    public static string Read(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"resource {name} is not in {assembly.GetName().Name}; build it with its EmbeddedResource items");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
