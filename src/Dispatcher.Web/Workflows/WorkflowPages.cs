using System.Buffers.Text;
using System.Text;
using Dispatcher.Store;

namespace Dispatcher.Web.Workflows;

/// <summary>Pages of a tenant's registry, by keyset.</summary>
internal sealed class WorkflowPages(IJobStore store, string tenant)
{
    public const int MaxLimit = 200;
    private const int DefaultLimit = 50;

    /// <summary>Rows that are read at once while versions are passed over.</summary>
    private const int RowLimit = 200;

    /// <summary>Each name with its newest version.</summary>
    public async ValueTask<WorkflowPage> Names(string? after, int? limit)
    {
        var newest = new List<RegisteredWorkflow>();
        (string Name, int Version)? place = after is null ? null : (after, int.MaxValue);
        while (true)
        {
            var rows = await store.ListRegistered(tenant, null, place, RowLimit);
            foreach (var row in rows)
            {
                if (newest is [.., var last] && last.Name == row.Name) newest[^1] = row;
                else if (newest.Count == (limit ?? DefaultLimit)) return Page(newest, Cursor(newest[^1].Name));
                else newest.Add(row);
                place = (row.Name, row.Version);
            }

            if (rows.Count < RowLimit) return Page(newest, null);
        }
    }

    /// <summary>The versions of one name, oldest first.</summary>
    public async ValueTask<WorkflowPage> Versions(string name, int? after, int? limit)
    {
        var wanted = limit ?? DefaultLimit;
        var rows = await store.ListRegistered(tenant, name, after is { } version ? (name, version) : null, wanted);
        return Page(rows, rows.Count == wanted ? Cursor(rows[^1].Version.ToString(System.Globalization.CultureInfo.InvariantCulture)) : null);
    }

    public static string Cursor(string place) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"workflows 1 {place}"));

    /// <summary>The place that a cursor names; null if it is none of ours.</summary>
    public static string? PlaceOf(string cursor)
    {
        if (cursor.Length > 200 || !Base64Url.IsValid(cursor)) return null;
        var text = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor));
        return text.StartsWith("workflows 1 ", StringComparison.Ordinal) ? text["workflows 1 ".Length..] : null;
    }

    private static WorkflowPage Page(IReadOnlyList<RegisteredWorkflow> rows, string? next) => new([.. rows.Select(WorkflowListItem.Of)], next);
}
