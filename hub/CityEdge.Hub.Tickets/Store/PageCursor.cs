using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace CityEdge.Hub.Tickets.Store;

/// <summary>Place in a list ordered by (raise time, id), newest first: stays right while rows are added.</summary>
internal readonly record struct PageCursor(long RaisedAtMs, string Id)
{
    public override string ToString() => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{RaisedAtMs}:{Id}")));

    public static bool TryParse(string text, out PageCursor cursor)
    {
        cursor = default;
        if (text.Length is 0 or > 512 || !Base64Url.IsValid(text)) return false;
        var plain = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text));
        var colon = plain.IndexOf(':');
        if (colon < 1 || !long.TryParse(plain.AsSpan(0, colon), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var at)) return false;
        cursor = new PageCursor(at, plain[(colon + 1)..]);
        return true;
    }
}
