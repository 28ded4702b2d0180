namespace CityEdge.Rules;

/// <summary>Something a rule file may not say.</summary>
/// <param name="File">The file as given.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column, from 1; inside an expression it is the place of the offending word.</param>
/// <param name="Key">Path of the key, e.g. <c>raise[0].when</c>; empty for the file as a whole.</param>
/// <param name="Message">What was expected.</param>
public sealed record RuleError(string File, int Line, int Column, string Key, string Message)
{
    /// <inheritdoc />
    public override string ToString() => $"{File}:{Line}:{Column}: {(Key.Length == 0 ? "" : Key + ": ")}{Message}";
}
