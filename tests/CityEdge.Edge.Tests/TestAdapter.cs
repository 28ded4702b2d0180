using CityEdge.Adapters;
using CityEdge.Contracts;

namespace CityEdge.Edge.Tests;

/// <summary>An adapter that does what the test says.</summary>
internal sealed class TestAdapter(string id, Func<IReadingSink, CancellationToken, Task> run, bool endsByItself = false) : IAdapter
{
    private bool completed;

    public string Id => id;

    public string Type => "test";

    public int Runs { get; private set; }

    public List<PointDeclaration> Declared { get; } =
        [new() { Name = "boiler.temperature", Asset = "boiler-1", Labels = new Dictionary<string, string> { ["role"] = "supply" }, Normalisation = new PointConfig { Kind = PointKind.Temperature, Unit = "K" } }];

    public IReadOnlyList<PointDeclaration> Points => [.. Declared];

    public AdapterHealth Health { get; } = new(id);

    public bool EndsByItself => endsByItself;

    public bool Completed => completed;

    public async Task RunAsync(IReadingSink sink, CancellationToken cancellation)
    {
        Runs++;
        await run(sink, cancellation);
        completed = true;
    }

    public Task<IReadOnlyList<Reading>> ReadOnceAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<Reading>>([AgentFixture.Reading(300)]);
}
