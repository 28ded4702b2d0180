using CityEdge.Contracts;
using CityEdge.Hub.Registry;

namespace CityEdge.Hub.Security;

/// <summary>Devices as CSV: <c>site,device[,token]</c> in any order, header line first, RFC 4180 quoting. A token of one's own has 32 to 128 of A-Z a-z 0-9 _ -.</summary>
public static class DeviceCsv
{
    /// <summary>Most rows of one import.</summary>
    public const int MaxRows = 100_000;

    /// <summary>Rows, or errors with line and key; never both.</summary>
    public static List<DeviceRow> Read(string text, out List<object> errors)
    {
        var found = new List<object>();
        errors = found;
        var rows = new List<DeviceRow>();
        var lines = AssetCsv.Parse(text.TrimStart('\uFEFF'));
        var header = lines.Count > 0 ? lines[0].Fields.Select(f => f.Trim()).ToList() : [];
        if (!header.Contains("site") || !header.Contains("device") || header.Except(["site", "device", "token"]).Any() || header.Distinct().Count() != header.Count)
        {
            Error(1, "header", $"The first line is '{string.Join(',', header)}'; expected site,device or site,device,token");
            return rows;
        }
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (line, fields) in lines.Skip(1))
        {
            if (fields.Count == 1 && fields[0].Length == 0) continue;
            if (rows.Count == MaxRows)
            {
                Error(line, "row", $"More than {MaxRows} devices; split the file");
                break;
            }
            if (fields.Count != header.Count)
            {
                Error(line, "row", $"{fields.Count} fields, the header has {header.Count}");
                continue;
            }
            string Field(string name) => header.IndexOf(name) is >= 0 and var at ? fields[at].Trim() : "";
            var (site, device, token) = (Field("site"), Field("device"), Field("token"));
            if (!PointId.IsSiteOrDevice(site)) Error(line, "site", $"site is '{site}', expected 1 to 64 of A-Z a-z 0-9 _ -");
            else if (!PointId.IsSiteOrDevice(device) || device == "tickets") Error(line, "device", $"device is '{device}', expected 1 to 64 of A-Z a-z 0-9 _ -, and not 'tickets'");
            else if (token.Length > 0 && (token.Length is < 32 or > 128 || !token.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))) Error(line, "token", "the token must have 32 to 128 of A-Z a-z 0-9 _ -; leave it empty for a new one");
            else if (!seen.TryAdd($"{site}/{device}", line)) Error(line, "device", $"{site}/{device} is in line {seen[$"{site}/{device}"]} already");
            else rows.Add(new DeviceRow(line, site, device, token.Length > 0 ? token : null));
        }
        if (found.Count > 0) rows.Clear();
        return rows;

        void Error(int line, string key, string message)
        {
            if (found.Count < 100) found.Add(new { line, key, message });
        }
    }
}
