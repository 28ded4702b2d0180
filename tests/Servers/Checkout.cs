namespace CityEdge.Tests.Servers;

/// <summary>Where things are: the checkout, the shared data beside it, the programs of this build.</summary>
public static class Checkout
{
    /// <summary>Folder of CityEdge.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The shared data, or a skip with the reason where it is absent.</summary>
    public static string Shared(string path)
    {
        var folder = Environment.GetEnvironmentVariable("CITYEDGE_SHARED") ?? Path.Combine(Root, "..", "shared");
        if (!Directory.Exists(folder)) Assert.Skip($"The shared data are not beside this checkout (looked for {path}; CITYEDGE_SHARED names another place).");
        return Path.GetFullPath(Path.Combine(folder, path));
    }

    /// <summary>A program of the same build as this test.</summary>
    public static string Program(string project, string name)
    {
        var configuration = AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}") ? "Release" : "Debug";
        var program = Path.Combine(Root, project, "bin", configuration, "net10.0", name);
        return File.Exists(program) ? program : throw new FileNotFoundException($"{program} is missing: build CityEdge.sln first (dotnet build -c {configuration}).");
    }

    /// <summary>True under <c>tests/run.sh --long</c>: full repeat counts.</summary>
    public static bool Long => Environment.GetEnvironmentVariable("CITYEDGE_LONG") == "1";

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "CityEdge.sln"))) return folder.FullName;
        }
        throw new DirectoryNotFoundException($"No CityEdge.sln above {AppContext.BaseDirectory}.");
    }
}
