using System.Collections.Concurrent;
using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry.Tests;

/// <summary>Dead letters by id, as the hub keeps them.</summary>
public sealed class DeadLetterBox
{
    private readonly ConcurrentDictionary<string, DeadLetter> letters = new();

    public ICollection<DeadLetter> All => letters.Values;

    public ValueTask AcceptAsync(DeadLetter letter, CancellationToken cancellation)
    {
        letters[letter.Id] = letter;
        return ValueTask.CompletedTask;
    }
}
