using System.Xml.Linq;

namespace CityEdge.Hub.Tests;

/// <summary>The house keeps its shape (design §3, §6): pure rooms stay pure, arrows point one way, everything public is explained.</summary>
public sealed class ArchitectureTests
{
    private static readonly string[] Impure =
    [
        "System.Net.", "Microsoft.Extensions.", "Microsoft.AspNetCore.", "Microsoft.Data.", "Microsoft.Win32.", "Dapper.", "OpenTelemetry.", "System.IO.Pipes.", "System.IO.MemoryMappedFiles.", "System.Diagnostics.Process",
        "System.Data.",
    ];

    private static readonly string[] ImpureTypes =
    [
        "System.IO.File", "System.IO.FileInfo", "System.IO.FileStream", "System.IO.FileSystemInfo", "System.IO.FileSystemWatcher", "System.IO.Directory", "System.IO.DirectoryInfo", "System.IO.DriveInfo",
        "System.IO.RandomAccess", "System.IO.StreamReader", "System.IO.StreamWriter", "System.Console", "System.Environment", "System.TimeProvider", "System.Random", "System.Threading.Timer",
        "System.Threading.Thread", "System.Threading.Tasks.Task",
    ];

    public static TheoryData<string> AllProjects => [.. SourceTree.Projects];

    /// <summary>A failure names all of them.</summary>
    private static void None<T>(IEnumerable<T> wrong)
    {
        var all = wrong.ToList();
        Assert.True(all.Count == 0, string.Join('\n', all));
    }

    private static bool IsImpure(string type) => ImpureTypes.Contains(type) || Impure.Any(i => type.StartsWith(i, StringComparison.Ordinal));

    [Theory]
    [InlineData("edge/CityEdge.Contracts/CityEdge.Contracts.csproj", "System.TimeProvider")]
    [InlineData("edge/CityEdge.Rules/CityEdge.Rules.csproj", "System.IO.StreamReader")]
    public void Contracts_and_rules_do_no_input_or_output(string project, string allowed)
    {
        // Contracts define the demo's clock over a given one; Rules read their own embedded resources.
        using var references = new AssemblyReferences(SourceTree.Assembly(project));
        Assert.DoesNotContain(references.Assemblies, a => Impure.Any(i => (a + ".").StartsWith(i, StringComparison.Ordinal)));
        None(references.Types.Where(t => IsImpure(t) && t != allowed));
    }

    [Fact]
    public void The_ticket_state_machine_does_no_input_or_output()
    {
        using var references = new AssemblyReferences(SourceTree.Assembly("hub/CityEdge.Hub.Tickets/CityEdge.Hub.Tickets.csproj"));
        var used = references.TypesUsedBy("CityEdge.Hub.Tickets.Machine");
        Assert.Contains("CityEdge.Contracts.Severity", used);
        None(used.Where(t => IsImpure(t) || t.StartsWith("CityEdge.Hub.Tickets.Store.", StringComparison.Ordinal)));
        // The same eyes see what the store does: the test can fail.
        Assert.Contains(references.TypesUsedBy("CityEdge.Hub.Tickets.Store"), IsImpure);
    }

    [Theory]
    [MemberData(nameof(AllProjects))]
    public void Every_public_type_is_explained(string project)
    {
        var assembly = SourceTree.Assembly(project);
        var documentation = XDocument.Load(Path.ChangeExtension(assembly, ".xml")).Descendants("member").ToDictionary(m => m.Attribute("name")!.Value);
        using var references = new AssemblyReferences(assembly);
        var silent = references.PublicTypes.Where(t =>
            !documentation.TryGetValue(t, out var member) || (string.IsNullOrWhiteSpace(member.Element("summary")?.Value) && member.Element("summary")?.HasElements != true && member.Element("inheritdoc") is null));
        None(silent);
    }

    [Fact]
    public void Every_room_has_a_readme()
    {
        var rooms = SourceTree.Houses.SelectMany(h => SourceTree.Folders(h).Prepend(h)).Concat(SourceTree.Folders("firmware-adapters/CityEdge.Adapters").Where(f => Directory.GetFiles(Path.Combine(Checkout.Root, f), "*.cs").Length > 0));
        None(rooms.Where(r => !File.Exists(Path.Combine(Checkout.Root, r, "README.md"))));
    }

    [Fact]
    public void No_source_file_is_over_400_lines() =>
        None(SourceTree.Files().Where(f => Path.GetExtension(f) is ".cs" or ".ts" or ".tsx").Select(f => (File: f, Lines: File.ReadLines(Path.Combine(Checkout.Root, f)).Count())).Where(f => f.Lines > 400));

    [Fact]
    public void Package_versions_stand_in_one_place_and_are_exact()
    {
        var projects = SourceTree.Files().Where(f => f.EndsWith(".csproj", StringComparison.Ordinal)).ToList();
        None(projects.SelectMany(p => SourceTree.Elements(p, "PackageReference").Where(r => r.Attributes().Any(a => a.Name.LocalName is "Version" or "VersionOverride") || r.HasElements && r.Elements().Any(e => e.Name.LocalName.StartsWith("Version", StringComparison.Ordinal)))
            .Select(r => $"{p}: {r.Attribute("Include")?.Value}")));
        var central = XDocument.Load(Path.Combine(Checkout.Root, "Directory.Packages.props"));
        Assert.Equal("true", central.Descendants("ManagePackageVersionsCentrally").Single().Value);
        var versions = central.Descendants("PackageVersion").ToDictionary(v => v.Attribute("Include")!.Value, v => v.Attribute("Version")!.Value);
        Assert.All(versions, v => Assert.Matches(@"^\d+\.\d+\.\d+(\.\d+)?(-[0-9A-Za-z.]+)?$", v.Value));
        None(projects.SelectMany(p => SourceTree.Elements(p, "PackageReference").Select(r => r.Attribute("Include")!.Value)).Distinct().Except(versions.Keys));
        None(projects.Where(p => !File.Exists(Path.Combine(Checkout.Root, Path.GetDirectoryName(p)!, "packages.lock.json"))));
    }

    /// <summary>Design §3: <c>hub → {hub/*, firmware-adapters, edge}</c>, <c>agent → firmware-adapters → Contracts</c>.</summary>
    [Theory]
    [MemberData(nameof(AllProjects))]
    public void Arrows_point_one_way(string project)
    {
        string[] shared = ["CityEdge.Contracts", "CityEdge.SegmentLog", "CityEdge.Mqtt", "CityEdge.Rules"];
        string[] allowed = SourceTree.Name(project) switch
        {
            "CityEdge.Contracts" or "CityEdge.SegmentLog" => [],
            "CityEdge.Mqtt" or "CityEdge.Rules" or "CityEdge.Adapters" => ["CityEdge.Contracts"],
            "CityEdge.Edge" => [.. shared, "CityEdge.Adapters"],
            "CityEdge.Hub.Broker" => ["CityEdge.Contracts", "CityEdge.SegmentLog", "CityEdge.Mqtt"],
            "CityEdge.Hub.Telemetry" or "CityEdge.Hub.Tickets" => ["CityEdge.Contracts", "CityEdge.SegmentLog"],
            "CityEdge.Hub" => [.. shared, "CityEdge.Adapters", "CityEdge.Hub.Broker", "CityEdge.Hub.Telemetry", "CityEdge.Hub.Tickets"],
            var other => throw new Xunit.Sdk.XunitException($"{other} is a new project: say here what it may refer to."),
        };
        None(SourceTree.Elements(project, "ProjectReference").Select(r => SourceTree.Name(r.Attribute("Include")!.Value)).Except(allowed));
    }
}
