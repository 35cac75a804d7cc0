using Dispatcher.Jobs;

namespace Dispatcher.Store.Postgres;

/// <summary>What the events of runs tell about their schedules; told after the batch, and in its statement, by a function of its own.</summary>
internal sealed partial class PostgresBatch
{
    private readonly PostgresArrays _told = new();
    private readonly List<(string Tenant, ScheduleHappening Happening)> _sortedHappenings = [];

    private PostgresArray<string> _toldTenant = null!;
    private PostgresArray<string> _toldEvent = null!;
    private PostgresArray<string> _toldSchedule = null!;
    private PostgresArray<long> _toldAt = null!;

    private void DefineTold()
    {
        _toldTenant = _told.Texts("told_tenant");
        _toldEvent = _told.Texts("told_event");
        _toldSchedule = _told.Texts("told_schedule");
        _toldAt = _told.Longs("told_at");
    }

    /// <summary>In the order in which everybody locks what they cancel.</summary>
    private void AddTold(IReadOnlyList<GroupCommit.PendingAppend> appends)
    {
        _told.Clear();
        _sortedHappenings.Clear();
        for (var i = 0; i < appends.Count; i++)
        {
            var request = appends[i].Request;
            if (request.Address.Schedule is not { } schedule) continue;
            foreach (var told in request.Events)
            {
                if (RunHappenings.TryOf(schedule, told, out var happening)) _sortedHappenings.Add((request.Address.Tenant, happening));
            }
        }

        if (_sortedHappenings.Count == 0) return;
        foreach (var (tenant, happening) in PostgresCancels.Ordered(_sortedHappenings))
        {
            _told.Count++;
            _toldTenant.Add(PostgresText.Clean(tenant));
            _toldEvent.Add(happening.Event.ToText());
            _toldSchedule.Add(PostgresText.Clean(happening.Schedule));
            _toldAt.Add(Micros(happening.At));
        }
    }
}
