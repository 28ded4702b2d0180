using System.Reflection;
using System.Xml.Linq;
using CityEdge.Contracts;

namespace CityEdge.Contracts.Tests;

public sealed class ArchitectureTests
{
    private static readonly Assembly Contracts = typeof(PointId).Assembly;

    [Fact]
    public void Contracts_reference_memory_text_and_compression_and_nothing_that_does_io()
    {
        string[] allowed =
        [
            "System.Runtime", "System.Collections", "System.Collections.Immutable", "System.Linq", "System.Memory", "System.Text.Json", "System.Text.Encodings.Web", "System.Text.Encoding.Extensions",
            "System.IO.Compression", "System.Runtime.InteropServices", "System.Numerics.Vectors", "System.Private.Uri",
        ];
        Assert.Empty(Contracts.GetReferencedAssemblies().Select(a => a.Name!).Except(allowed));
    }

    [Fact]
    public void Every_public_type_says_what_it_is()
    {
        var documented = XDocument.Load(Path.ChangeExtension(Contracts.Location, ".xml")).Descendants("member").Where(m => m.Element("summary")?.Value.Trim().Length > 10).Select(m => m.Attribute("name")!.Value).ToHashSet();
        Assert.Empty(Contracts.GetExportedTypes().Where(t => !documented.Contains("T:" + t.FullName!.Replace('+', '.'))).Select(t => t.FullName));
    }
}
