using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Dispatcher.Web.Callbacks;

/// <summary>Where a list of deliveries goes on, as text. It names a place in the caller's own list and nothing else.</summary>
internal static class DeliveryCursor
{
    private const string Mark = "deliveries 1 ";
    private const int LimitCharacters = 60;

    public static string Write(long last) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Mark}{last}")));

    public static bool TryRead(string cursor, out long last)
    {
        last = 0;
        if (cursor.Length > LimitCharacters || !Base64Url.IsValid(cursor)) return false;
        var text = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor));
        return text.StartsWith(Mark, StringComparison.Ordinal) && long.TryParse(text.AsSpan(Mark.Length), NumberStyles.None, CultureInfo.InvariantCulture, out last);
    }
}
