namespace CityEdge.Bench.Faults;

/// <summary><c>faults</c>: ordinary rule files over recordings whose faults are labelled, through the engine that runs in service.</summary>
internal static class FaultsBench
{
    public static int Run(string[] args, TextWriter output)
    {
        var data = args is ["--data", var given] ? given : Path.Combine("..", "shared", "data");
        foreach (var name in (string[])["battledim", "lbnl-fdd"])
        {
            if (Directory.Exists(Path.Combine(data, name))) continue;
            Console.Error.WriteLine($"{Path.Combine(data, name)}: there is no such directory; give the data with --data DIR.");
            return 2;
        }
        LeakBench.Run(Path.Combine(data, "battledim"), output);
        AirHandlerBench.Run(Path.Combine(data, "lbnl-fdd"), output);
        return 0;
    }
}
