namespace CityEdge.Tests.Servers;

/// <summary>The agent as its own process.</summary>
public static class AgentProcess
{
    public static string Program => Checkout.Program("edge/CityEdge.Edge", "cityedge-edge");

    public static ChildProcess Run(string config, params string[] arguments) => new(Program, ["run", "--config", config, .. arguments]);
}
