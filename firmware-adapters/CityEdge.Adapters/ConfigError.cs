namespace CityEdge.Adapters;

/// <summary>One mistake in the configuration.</summary>
/// <param name="File">Configuration file.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column, from 1.</param>
/// <param name="Key">Key at fault, with the way to it: <c>points[2].unit</c>.</param>
/// <param name="Message">What is wrong and how to mend it.</param>
public sealed record ConfigError(string File, long Line, long Column, string Key, string Message)
{
    /// <inheritdoc />
    public override string ToString() => $"{File}:{Line}:{Column}: {Key}: {Message}";
}
