using System.Buffers.Text;
using System.Text;

namespace Dispatcher.Web.Quotas;

/// <summary>Where a list goes on, as text. It names a place in the caller's own list and nothing else.</summary>
/// <param name="mark">Tells the cursors of one list from those of another.</param>
internal sealed class QuotaCursor(string mark)
{
    private const int LimitCharacters = 200;

    public static QuotaCursor Accounts { get; } = new("quota 1 ");

    public static QuotaCursor Ledger { get; } = new("ledger 1 ");

    public string Write(string last) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(mark + last));

    /// <returns>Null if it is no cursor of this list.</returns>
    public string? Read(string cursor)
    {
        if (cursor.Length > LimitCharacters || !Base64Url.IsValid(cursor)) return null;
        var text = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor));
        return text.StartsWith(mark, StringComparison.Ordinal) ? text[mark.Length..] : null;
    }
}
