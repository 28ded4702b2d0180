using System.Text;
using System.Text.Json;

namespace CityEdge.Adapters.Replay;

/// <summary>JSON lines: one object a line. A column is a property, or a way of properties joined by dots. Blank lines are skipped.</summary>
internal sealed class JsonLineReader(string path, IReadOnlyList<string> columns) : IRowReader
{
    private const int MaxLine = 1 << 20;
    private readonly StreamReader reader = new(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), Encoding.UTF8);
    private readonly char[] buffer = new char[16 * 1024];
    private readonly StringBuilder text = new();
    private int at, length;

    public long Line { get; private set; }

    public IReadOnlyList<string> MissingColumns => [];

    public IReadOnlyList<string> AvailableColumns => [];

    public RowOutcome Read(string?[] cells, out string? error)
    {
        error = null;
        while (true)
        {
            if (!ReadLine(out var isTooLong)) return RowOutcome.End;
            Line++;
            if (isTooLong)
            {
                error = $"line {Line}: longer than {MaxLine} characters";
                return RowOutcome.Bad;
            }
            var line = text.ToString();
            if (string.IsNullOrWhiteSpace(line)) continue;
            try
            {
                using var document = JsonDocument.Parse(line);
                if (document.RootElement.ValueKind != JsonValueKind.Object)
                {
                    error = $"line {Line}: expected a JSON object, found {document.RootElement.ValueKind}";
                    return RowOutcome.Bad;
                }
                for (var i = 0; i < columns.Count; i++) cells[i] = Cell(document.RootElement, columns[i]);
                return RowOutcome.Row;
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                error = $"line {Line}: not JSON: {e.Message}";
                return RowOutcome.Bad;
            }
        }
    }

    public void Dispose() => reader.Dispose();

    private static string? Cell(JsonElement element, string column)
    {
        if (!element.TryGetProperty(column, out var found))
        {
            foreach (var part in column.Split('.'))
            {
                if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(part, out found)) return null;
                element = found;
            }
        }
        return found.ValueKind switch
        {
            JsonValueKind.Null or JsonValueKind.Undefined => null,
            JsonValueKind.String => found.GetString(),
            _ => found.GetRawText(),
        };
    }

    // StreamReader.ReadLine would take a file without line breaks into memory whole.
    private bool ReadLine(out bool isTooLong)
    {
        text.Clear();
        isTooLong = false;
        var any = false;
        while (true)
        {
            if (at == length)
            {
                (at, length) = (0, reader.Read(buffer));
                if (length == 0) return any;
            }
            any = true;
            var rest = buffer.AsSpan(at, length - at);
            var end = rest.IndexOf('\n');
            var part = end < 0 ? rest : rest[..end];
            if (text.Length + part.Length > MaxLine) isTooLong = true;
            else text.Append(part);
            at += end < 0 ? part.Length : end + 1;
            if (end >= 0) return true;
        }
    }
}
