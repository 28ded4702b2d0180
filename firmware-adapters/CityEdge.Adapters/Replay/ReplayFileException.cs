namespace CityEdge.Adapters.Replay;

/// <summary>The replayed file could not be read; told apart from faults of the sink, which are not the replay's to retry.</summary>
internal sealed class ReplayFileException(Exception inner) : Exception(inner.Message, inner)
{
    /// <summary>Runs a file operation, turning its faults into this.</summary>
    public static T Wrap<T>(Func<T> operation)
    {
        try
        {
            return operation();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ReplayFileException(e);
        }
    }
}
