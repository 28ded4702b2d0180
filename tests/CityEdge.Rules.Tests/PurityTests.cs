namespace CityEdge.Rules.Tests;

public class PurityTests
{
    [Fact]
    public void The_engine_references_no_io_no_logger_and_no_container()
    {
        // System.Text.Json for the data of events, which Contracts hands over as JsonElement.
        string[] allowed =
            ["CityEdge.Contracts", "YamlDotNet", "System.Runtime", "System.Collections", "System.Linq", "System.Numerics.Vectors", "System.Memory", "System.Security.Cryptography", "System.Runtime.InteropServices", "System.Text.Json", "System.Text.RegularExpressions", "System.Private.CoreLib", "System.Runtime.Extensions", "System.Threading"];
        Assert.Empty(typeof(RuleEngine).Assembly.GetReferencedAssemblies().Select(name => name.Name).Except(allowed));
    }
}
