using System.Buffers.Text;
using System.Text.Json;

namespace CityEdge.Contracts;

/// <summary>Reads records one after another and applies base fields to them (RFC 8428 §4.1, §4.6).</summary>
internal sealed class SenmlResolver(string? defaultBaseName, long arrivalMs)
{
    private const double RelativeBelow = 1 << 28;
    private static readonly long MinMs = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long MaxMs = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    [Flags]
    private enum Label
    {
        None = 0, Bn = 1, Bt = 2, Bu = 4, Bv = 8, Bs = 16, Bver = 32, N = 64, U = 128, V = 256, Vs = 512, Vb = 1024, Vd = 2048, S = 4096, T = 8192, Ut = 16384, Quality = 32768,
        Values = V | Vs | Vb | Vd,
        Bases = Bn | Bt | Bu | Bv | Bs,
    }

    private string baseName = defaultBaseName ?? "";
    private string? baseUnit;
    private double baseTime;
    private double? baseValue;
    private double? baseSum;

    // A base field that could not be read spoils every record that would lean on it, until a later record replaces it: better refused than given to another point or time.
    private Label spoiled;

    public List<SenmlRecord> Records { get; } = [];

    public List<SenmlError> Errors { get; } = [];

    private struct Fields
    {
        public Label Seen;
        public string? Name, Unit, Text;
        public byte[]? Data;
        public double Value, Sum, Time, UpdateTime;
        public bool Boolean;
        public Quality Quality;
        public SenmlError? Error;
    }

    /// <summary>Reads one array element; returns the refusal of the whole payload (version) or null.</summary>
    public string? Read(ref Utf8JsonReader reader, int index)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            Errors.Add(new SenmlError(index, "", RefusalReason.BadRecord, $"record {index}: expected an object, found {reader.TokenType}"));
            reader.Skip();
            return null;
        }
        var fields = new Fields();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var label = LabelOf(ref reader, out var name);
            reader.Read();
            if (label == Label.None)
            {
                if (name is not null && name.EndsWith('_')) Fail(ref fields, index, name, "must be understood (its name ends in _) and is not");
                reader.Skip();
                continue;
            }
            if ((fields.Seen & label) != 0) Fail(ref fields, index, Name(label), "appears twice");
            fields.Seen |= label;
            if (ReadField(ref reader, label, ref fields, index) is { } refusal) return refusal;
        }
        Resolve(ref fields, index);
        return null;
    }

    private static Label LabelOf(ref Utf8JsonReader reader, out string? unknown)
    {
        unknown = null;
        if (!reader.ValueIsEscaped)
        {
            var known = reader.ValueSpan switch
            {
                [(byte)'n'] => Label.N, [(byte)'u'] => Label.U, [(byte)'v'] => Label.V, [(byte)'t'] => Label.T, [(byte)'s'] => Label.S,
                [(byte)'v', (byte)'s'] => Label.Vs, [(byte)'v', (byte)'b'] => Label.Vb, [(byte)'v', (byte)'d'] => Label.Vd, [(byte)'u', (byte)'t'] => Label.Ut,
                [(byte)'b', (byte)'n'] => Label.Bn, [(byte)'b', (byte)'t'] => Label.Bt, [(byte)'b', (byte)'u'] => Label.Bu, [(byte)'b', (byte)'v'] => Label.Bv, [(byte)'b', (byte)'s'] => Label.Bs,
                _ when reader.ValueSpan.SequenceEqual("bver"u8) => Label.Bver,
                _ when reader.ValueSpan.SequenceEqual("quality"u8) => Label.Quality,
                _ => Label.None,
            };
            if (known != Label.None) return known;
            if (reader.ValueSpan is not [.., (byte)'_']) return Label.None;
        }
        unknown = TryGetString(ref reader) ?? "";
        foreach (var label in Enum.GetValues<Label>())
        {
            if (label != Label.None && Name(label) == unknown) return label;
        }
        return Label.None;
    }

    private static string Name(Label label) => label switch
    {
        Label.Bn => "bn", Label.Bt => "bt", Label.Bu => "bu", Label.Bv => "bv", Label.Bs => "bs", Label.Bver => "bver", Label.N => "n", Label.U => "u", Label.V => "v", Label.Vs => "vs",
        Label.Vb => "vb", Label.Vd => "vd", Label.S => "s", Label.T => "t", Label.Ut => "ut", Label.Quality => "quality", _ => "",
    };

    private string? ReadField(ref Utf8JsonReader reader, Label label, ref Fields fields, int index)
    {
        switch (label)
        {
            case Label.Bn:
                if (String(ref reader, label, ref fields, index) is { } bn) (baseName, spoiled) = (bn, spoiled & ~label);
                break;
            case Label.Bu:
                if (String(ref reader, label, ref fields, index) is { } bu) (baseUnit, spoiled) = (bu.Length == 0 ? null : bu, spoiled & ~label);
                break;
            case Label.Bt:
                if (Number(ref reader, label, ref fields, index) is { } bt) (baseTime, spoiled) = (bt, spoiled & ~label);
                break;
            case Label.Bv:
                if (Number(ref reader, label, ref fields, index) is { } bv) (baseValue, spoiled) = (bv, spoiled & ~label);
                break;
            case Label.Bs:
                if (Number(ref reader, label, ref fields, index) is { } bs) (baseSum, spoiled) = (bs, spoiled & ~label);
                break;
            case Label.Bver:
                if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var version) || version < 1)
                {
                    Fail(ref fields, index, "bver", "is not a positive integer");
                    reader.Skip();
                }
                else if (version > SenmlJson.Version)
                {
                    return $"not SenML that can be read: record {index} says bver {version}, versions up to {SenmlJson.Version} are understood (RFC 8428 §4.4)";
                }
                break;
            case Label.N: fields.Name = String(ref reader, label, ref fields, index); break;
            case Label.U: fields.Unit = String(ref reader, label, ref fields, index); break;
            case Label.Vs: fields.Text = String(ref reader, label, ref fields, index); break;
            case Label.V: fields.Value = Number(ref reader, label, ref fields, index) ?? 0; break;
            case Label.S: fields.Sum = Number(ref reader, label, ref fields, index) ?? 0; break;
            case Label.T: fields.Time = Number(ref reader, label, ref fields, index) ?? 0; break;
            case Label.Ut: fields.UpdateTime = Number(ref reader, label, ref fields, index) ?? 0; break;
            case Label.Vb:
                fields.Boolean = reader.TokenType == JsonTokenType.True;
                if (reader.TokenType is JsonTokenType.True or JsonTokenType.False) break;
                Fail(ref fields, index, "vb", $"is not true or false but {reader.TokenType}");
                reader.Skip();
                break;
            case Label.Vd:
                var text = String(ref reader, label, ref fields, index);
                if (text is null) break;
                fields.Data = Base64Url.IsValid(text) && !text.Contains('=') ? Base64Url.DecodeFromChars(text) : null;
                if (fields.Data is null) Fail(ref fields, index, "vd", "is not base64url without padding");
                break;
            case Label.Quality:
                // Somebody else's extension may have the same name; only a set of our flags is ours.
                if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var quality) && quality is > 0 and < 32) fields.Quality = (Quality)quality;
                else reader.Skip();
                break;
        }
        return null;
    }

    private void Resolve(ref Fields f, int index)
    {
        var values = f.Seen & Label.Values;
        var leanOn = spoiled & ((f.Seen & Label.U) != 0 ? Label.Bases & ~Label.Bu : Label.Bases);
        if ((values & ~Label.V) != 0) leanOn &= ~Label.Bv;
        if ((f.Seen & ~(Label.Bases | Label.Bver)) == 0)
        {
            if (f.Error is { } baseError) Errors.Add(baseError);
            return; // base fields only: they hold for what follows
        }
        if (leanOn != 0) Fail(ref f, index, Name(leanOn & (Label)(-(int)leanOn)), "is a base field that could not be read, and nothing has replaced it");
        if (((int)values & ((int)values - 1)) != 0) Fail(ref f, index, "v", "and others: a record has at most one of v, vs, vb, vd");
        ReadingValue? value = values switch
        {
            Label.Vs => f.Text is null ? null : ReadingValue.FromText(f.Text),
            Label.Vb => ReadingValue.FromBoolean(f.Boolean),
            Label.Vd => f.Data is null ? null : ReadingValue.FromData(f.Data),
            Label.V => ReadingValue.FromNumber((baseValue ?? 0) + f.Value),
            _ => baseValue is { } only ? ReadingValue.FromNumber(only) : null,
        };
        double? sum = (f.Seen & Label.S) != 0 || baseSum is not null ? (baseSum ?? 0) + f.Sum : null;
        if (value is null && sum is null) Fail(ref f, index, "v", "is missing: a record has one of v, vs, vb, vd, or a sum s");
        if (value is { Type: ReadingType.Number } number && !double.IsFinite(number.Number)) Fail(ref f, index, "v", "plus bv is beyond a double", RefusalReason.NotFinite);
        if (sum is { } total && !double.IsFinite(total)) Fail(ref f, index, "s", "plus bs is beyond a double", RefusalReason.NotFinite);
        var name = baseName.Length == 0 ? f.Name ?? "" : f.Name is { Length: > 0 } own ? string.Concat(baseName, own) : baseName;
        if (!IsName(name)) Fail(ref f, index, "n", $"resolves to '{Shown(name)}', which is no SenML name (letters, digits and - : . / _, beginning with a letter or digit)");
        var seconds = baseTime + f.Time;
        var ms = seconds < RelativeBelow ? arrivalMs + Math.Round(seconds * 1000) : Math.Round(seconds * 1000);
        if (!(ms >= MinMs && ms <= MaxMs)) Fail(ref f, index, "t", $"resolves to {seconds} s, outside the years 1 to 9999");
        if (f.Error is { } error) Errors.Add(error);
        else Records.Add(new SenmlRecord(index, name, (long)ms, (f.Seen & Label.U) != 0 ? f.Unit is { Length: > 0 } unit ? unit : null : baseUnit, value, sum, (f.Seen & Label.Ut) != 0 ? f.UpdateTime : null, f.Quality));
    }

    // A site may begin with - or _, a SenML name may not: the base name of the topic is not the device's spelling and is let through.
    private bool IsName(string name)
    {
        if (name.Length == 0 || (!char.IsAsciiLetterOrDigit(name[0]) && (defaultBaseName is not { Length: > 0 } || !name.StartsWith(defaultBaseName, StringComparison.Ordinal)))) return false;
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or ':' or '.' or '/' or '_')) return false;
        }
        return true;
    }

    private static string Shown(string name) => name.Length <= 80 ? name : name[..80] + "…";

    private void Fail(ref Fields fields, int index, string field, string what, RefusalReason reason = RefusalReason.BadRecord) =>
        fields.Error ??= new SenmlError(index, field, reason, $"record {index}{(fields.Name is { } name ? $" ('{Shown(name)}')" : "")}: {field} {what}");

    private string? String(ref Utf8JsonReader reader, Label label, ref Fields fields, int index)
    {
        if (reader.TokenType == JsonTokenType.String && TryGetString(ref reader) is { } text) return text;
        Fail(ref fields, index, Name(label), reader.TokenType == JsonTokenType.String ? "is not valid UTF-8 text" : $"is not a string but {reader.TokenType}");
        spoiled |= label & Label.Bases;
        reader.Skip();
        return null;
    }

    private double? Number(ref Utf8JsonReader reader, Label label, ref Fields fields, int index)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var number) && double.IsFinite(number)) return number;
        // JSON has no NaN. Encoders write null, a string, or a literal out of range for it.
        var notFinite = reader.TokenType is JsonTokenType.Number or JsonTokenType.Null ||
            (reader.TokenType == JsonTokenType.String && TryGetString(ref reader) is { } word && word.TrimStart('+', '-').ToLowerInvariant() is "nan" or "inf" or "infinity");
        Fail(ref fields, index, Name(label), notFinite ? "is not a finite number" : $"is not a number but {reader.TokenType}", notFinite ? RefusalReason.NotFinite : RefusalReason.BadRecord);
        spoiled |= label & Label.Bases;
        reader.Skip();
        return null;
    }

    private static string? TryGetString(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null; // invalid UTF-8, or half of a surrogate pair
        }
    }
}
