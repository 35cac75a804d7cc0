using System.Text.Json;
using Dispatcher.Host.Remote;

namespace Dispatcher.Host.Commands.Remote;

/// <summary>Lists of the gateway, which it gives in pages.</summary>
internal static class RemotePages
{
    private const int PageLimit = 200;

    /// <summary>All rows of a list, page by page.</summary>
    /// <param name="path">Of the list, below /api/v1, with its filters but neither limit nor cursor.</param>
    /// <param name="rows">The field of a page that holds its rows.</param>
    /// <param name="limit">Rows after which no more is asked for.</param>
    public static async Task<List<JsonElement>> Read(ApiClient api, string path, string rows, int limit = int.MaxValue)
    {
        var all = new List<JsonElement>();
        string? cursor = null;
        do
        {
            var page = await api.Get($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit={Math.Min(PageLimit, limit - all.Count)}{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}");
            all.AddRange(page.GetProperty(rows).EnumerateArray());
            cursor = page.Text("next");
        }
        while (cursor is not null && all.Count < limit);
        return all;
    }
}
