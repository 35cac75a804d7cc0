using System.Text.Json.Nodes;

namespace Dispatcher.Web.Contracts.SchedulerService;

/// <summary>One page of a list of which all is counted and only the page is shown.</summary>
internal sealed class OpsPage
{
    private readonly JsonArray _shown = [];
    private readonly long _number;
    private readonly long _size;
    private long _count;

    private OpsPage(long number, long size) => (_number, _size) = (number, size);

    /// <exception cref="OpsFault">No such page.</exception>
    public static OpsPage Of(JsonObject body, int defaultSize, int maxSize)
    {
        var number = body.Integer("page", "") ?? 1;
        var size = body.Integer("page_size", "") ?? defaultSize;
        if (number is < 1 or > 1_000_000) throw OpsFault.Bad($"page is {number}; pages are counted from 1");
        if (size < 1 || size > maxSize) throw OpsFault.Bad($"page_size is {size}; it must be from 1 to {maxSize}");
        return new OpsPage(number, size);
    }

    /// <summary>Counts one more.</summary>
    /// <returns>True if it is of the page.</returns>
    public bool Add() => _count++ / _size == _number - 1;

    public void Show(JsonObject view) => _shown.Add((JsonNode)view);

    public JsonObject ToJson(string name) => new() { [name] = _shown, ["total_count"] = _count, ["page"] = _number, ["total_pages"] = (_count + _size - 1) / _size };
}
