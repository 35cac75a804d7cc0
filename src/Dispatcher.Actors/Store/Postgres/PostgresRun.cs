using Dispatcher.Jobs;
using Dispatcher.Store.GroupCommit;

namespace Dispatcher.Store.Postgres;

/// <summary>
/// Appends that can be written all at once as if one after the other: each of another job, no two with the same claim, and none that watches, or writes to, a
/// job of another one among them.
/// </summary>
internal sealed class PostgresRun
{
    private readonly List<PendingAppend> _appends = [];
    private readonly HashSet<JobId> _own = [];
    private readonly HashSet<JobId> _others = [];
    private readonly HashSet<(string Kind, string Key)> _claims = [];

    public List<PendingAppend> Appends => _appends;

    /// <summary>Adds an append; false when it has to wait for those before it.</summary>
    public bool TryAdd(PendingAppend append)
    {
        var request = append.Request;
        if (!Fits(request)) return false;

        _appends.Add(append);
        _own.Add(request.JobId);
        foreach (var claim in request.Claims) _claims.Add((claim.Kind, claim.Key));
        foreach (var watch in request.Watches) _others.Add(watch.Watched);
        foreach (var message in request.Messages) _others.Add(message.To);
        if (request.ChildOf is { } parent) _others.Add(parent);
        return true;
    }

    public void Clear()
    {
        _appends.Clear();
        _own.Clear();
        _others.Clear();
        _claims.Clear();
    }

    private bool Fits(AppendRequest request)
    {
        if (_appends.Count == 0) return true;
        if (_own.Contains(request.JobId) || _others.Contains(request.JobId)) return false;
        if (request.ChildOf is { } parent && _own.Contains(parent)) return false;
        foreach (var watch in request.Watches)
            if (_own.Contains(watch.Watched)) return false;
        foreach (var message in request.Messages)
            if (_own.Contains(message.To)) return false;
        foreach (var claim in request.Claims)
            if (_claims.Contains((claim.Kind, claim.Key))) return false;
        return true;
    }
}
