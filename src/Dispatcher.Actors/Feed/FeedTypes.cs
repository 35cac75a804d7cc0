using System.Collections.Frozen;
using Dispatcher.Jobs;

namespace Dispatcher.Feed;

/// <summary>Which events a subscriber wants, by their stable names.</summary>
public sealed class FeedTypes
{
    /// <summary>The name of the event that retention tells of.</summary>
    public const string Deleted = "job.deleted";

    private static readonly FrozenSet<string> Known = EventCodec.Names.Append(Deleted).Append(FeedProgress.Type).ToFrozenSet(StringComparer.Ordinal);

    private readonly FrozenSet<string>? _wanted;

    private FeedTypes(FrozenSet<string>? wanted) => _wanted = wanted;

    /// <summary>All names, in no order.</summary>
    public static IEnumerable<string> Names => Known;

    public static FeedTypes All { get; } = new(wanted: null);

    /// <summary>Reads names separated by commas; <c>job.*</c> and <c>step.*</c> stand for all of their kind. Nothing at all wants everything.</summary>
    /// <param name="unknown">The first name that is none, if the result is false.</param>
    public static bool TryRead(string? text, out FeedTypes types, out string unknown)
    {
        (types, unknown) = (All, "");
        if (string.IsNullOrWhiteSpace(text)) return true;
        var wanted = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (Known.Contains(name))
            {
                wanted.Add(name);
            }
            else if (name is "job.*" or "step.*")
            {
                wanted.UnionWith(Known.Where(known => known.StartsWith(name[..^1], StringComparison.Ordinal)));
            }
            else
            {
                unknown = name;
                return false;
            }
        }

        if (wanted.Count > 0) types = new FeedTypes(wanted.ToFrozenSet(StringComparer.Ordinal));
        return true;
    }

    internal bool Allows(string type) => _wanted is null || _wanted.Contains(type);
}
