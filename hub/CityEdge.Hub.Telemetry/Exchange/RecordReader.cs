using System.Text;

namespace CityEdge.Hub.Telemetry;

/// <summary>Cuts a text into records: lines, but a line end inside double quotes belongs to the record. In line protocol a backslash takes the next character out of the count.</summary>
public sealed class RecordReader(TextReader text, ReadingFormat format)
{
    /// <summary>Longest record, characters; the rest of a longer one is skipped.</summary>
    public const int MaxLength = 1 << 20;

    private readonly StringBuilder record = new();
    private readonly char[] buffer = new char[16 * 1024];
    private int at;
    private int length;
    private long line;

    /// <summary>The next record and the number of its first line, from 1; null at the end. The error says what is wrong with a record that cannot be one.</summary>
    public async ValueTask<(long Line, string Record, string? Error)?> ReadAsync(CancellationToken cancellation)
    {
        record.Clear();
        var (first, quoted, escaped, overlong, any) = (line + 1, false, false, false, false);
        while (true)
        {
            if (at == length)
            {
                (at, length) = (0, await text.ReadAsync(buffer, cancellation).ConfigureAwait(false));
                if (length == 0)
                {
                    if (!any) return null;
                    line++;
                    return (first, Take(), quoted ? "a quote is opened and never closed" : overlong ? Overlong : null);
                }
            }
            var c = buffer[at++];
            any = true;
            if (c == '\n')
            {
                line++;
                // A quote that is never closed must not swallow the whole file.
                if (!quoted || overlong) return (first, Take(), overlong ? Overlong : null);
            }
            if (escaped) escaped = false;
            else if (format == ReadingFormat.Line && c == '\\') escaped = true;
            else if (c == '"') quoted = !quoted;
            if (record.Length < MaxLength) record.Append(c);
            else overlong = true;
        }
    }

    private const string Overlong = "the record is longer than 1 MiB, or a quote is opened and not closed";

    private string Take()
    {
        if (record.Length > 0 && record[^1] == '\r') record.Length--;
        return record.ToString();
    }
}
