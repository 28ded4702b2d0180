using System.Globalization;
using System.Text;

namespace CityEdge.Adapters.Replay;

/// <summary>
/// CSV after RFC 4180: quoted fields with doubled quotes and line breaks; CR LF, LF or CR; blank lines are skipped. The separator is given or the most frequent of <c>, ; tab |</c> in the first row.
/// Columns are asked for by header name, or by number from 1. Data rows with one field more than the header have a row name in front, as R writes them.
/// </summary>
internal sealed class CsvReader : IRowReader
{
    private const int MaxRowChars = 1 << 20;
    private readonly StreamReader reader;
    private readonly char[] buffer = new char[16 * 1024];
    private readonly List<string> fields = [];
    private readonly StringBuilder field = new();
    private readonly int[] indexes;
    private readonly int headerCount;
    private readonly char separator;
    private int at, length;
    private long line = 1;
    private bool hasFirst;

    public CsvReader(string path, IReadOnlyList<string> columns, bool hasHeader, char? separator)
    {
        reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), Encoding.UTF8, detectEncodingFromByteOrderMarks: true);
        indexes = new int[columns.Count];
        this.separator = separator ?? Detect();
        var outcome = ReadFields(out _);
        var names = hasHeader && outcome == RowOutcome.Row ? fields.Select(f => f.Trim()).ToList() : [];
        AvailableColumns = names;
        headerCount = names.Count;
        hasFirst = !hasHeader && outcome == RowOutcome.Row;
        var missing = new List<string>();
        for (var i = 0; i < columns.Count; i++)
        {
            indexes[i] = names.IndexOf(columns[i]);
            if (indexes[i] < 0 && int.TryParse(columns[i], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= fields.Count) indexes[i] = number - 1;
            if (indexes[i] < 0) missing.Add(columns[i]);
        }
        MissingColumns = missing;
    }

    public long Line { get; private set; }

    public IReadOnlyList<string> MissingColumns { get; }

    public IReadOnlyList<string> AvailableColumns { get; }

    public RowOutcome Read(string?[] cells, out string? error)
    {
        error = null;
        var outcome = hasFirst ? RowOutcome.Row : ReadFields(out error);
        hasFirst = false;
        if (outcome != RowOutcome.Row) return outcome;
        var shift = headerCount > 0 && fields.Count == headerCount + 1 ? 1 : 0;
        for (var i = 0; i < indexes.Length; i++)
        {
            var index = indexes[i] + shift;
            cells[i] = indexes[i] >= 0 && index < fields.Count ? fields[index].Trim() : null;
        }
        return RowOutcome.Row;
    }

    public void Dispose() => reader.Dispose();

    // Only what the buffer holds is looked at: a header of 16 000 characters is not expected.
    private char Detect()
    {
        length = reader.ReadBlock(buffer);
        Span<int> counts = stackalloc int[4];
        var quoted = false;
        foreach (var c in buffer.AsSpan(0, length))
        {
            if (c == '"') quoted = !quoted;
            if (quoted) continue;
            if (c is '\n' or '\r') break;
            if (",;\t|".IndexOf(c) is var which and >= 0) counts[which]++;
        }
        var best = 0;
        for (var i = 1; i < 4; i++)
        {
            if (counts[i] > counts[best]) best = i;
        }
        return ",;\t|"[best];
    }

    private int Next()
    {
        if (at == length)
        {
            (at, length) = (0, reader.Read(buffer));
            if (length == 0) return -1;
        }
        return buffer[at++];
    }

    private int Peek()
    {
        if (at == length) (at, length) = (0, reader.Read(buffer));
        return at == length ? -1 : buffer[at];
    }

    private RowOutcome ReadFields(out string? error)
    {
        error = null;
        fields.Clear();
        field.Clear();
        int c;
        while ((c = Peek()) is '\n' or '\r') EndLine(Next());
        Line = line;
        if (c < 0) return RowOutcome.End;
        var chars = 0;
        var quoted = false;
        while (true)
        {
            c = Next();
            if (c >= 0 && ++chars > MaxRowChars)
            {
                // An unclosed quote would swallow the file.
                while ((c = Next()) is not ('\n' or '\r' or -1)) { }
                if (c >= 0) EndLine(c);
                error = $"line {Line}: a row of more than {MaxRowChars} characters; is a quote left open?";
                return RowOutcome.Bad;
            }
            if (quoted)
            {
                if (c < 0)
                {
                    error = $"line {Line}: the quote is never closed";
                    return RowOutcome.Bad;
                }
                if (c != '"')
                {
                    if (c == '\n' || (c == '\r' && Peek() != '\n')) line++;
                    field.Append((char)c);
                }
                else if (Peek() == '"')
                {
                    field.Append((char)Next());
                }
                else
                {
                    quoted = false;
                }
                continue;
            }
            if (c is -1 or '\n' or '\r')
            {
                fields.Add(field.ToString());
                if (c >= 0) EndLine(c);
                return RowOutcome.Row;
            }
            if (c == separator)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else if (c == '"' && IsBlank())
            {
                field.Clear();
                quoted = true;
            }
            else
            {
                field.Append((char)c);
            }
        }
    }

    // Blanks before an opening quote are not in RFC 4180, and common.
    private bool IsBlank()
    {
        for (var i = 0; i < field.Length; i++)
        {
            if (field[i] != ' ') return false;
        }
        return true;
    }

    private void EndLine(int c)
    {
        if (c == '\r' && Peek() == '\n') at++;
        line++;
    }
}
