using System.Collections.Immutable;
using System.Reflection;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Contracts.WorkflowCoordinator;

namespace Dispatcher.Web.Tests.Contracts.WorkflowCoordinator;

/// <summary>What is read of a store to find revisions and videos: keys and rows, in bounds, whatever others have put there.</summary>
public sealed class VideoRowsTests
{
    private readonly Dictionary<string, JobId> _holders = new(StringComparer.Ordinal);
    private readonly List<string> _calls = [];
    private Func<JobQuery, JobPage> _list = _ => throw new InvalidOperationException("No list is read.");

    private VideoRows Rows => new(KeysAndRows.Of(Answer), "default");

    [Fact]
    public async Task Revisions_AreFoundByTheirKeysAlone_NewestFirst()
    {
        Hold(7, 1, Id(1));
        Hold(7, 4, Id(4));
        Hold(7, VideoJobs.RevisionLimit, Id(100));
        Hold(8, 5, Id(5));

        Assert.Equal([Id(100), Id(4), Id(1)], await Rows.Revisions(7));
        Assert.Empty(await Rows.Revisions(9));
        Assert.Equal([nameof(IJobStore.FindHolders), nameof(IJobStore.FindHolders)], _calls);
    }

    [Fact]
    public async Task Completed_LooksThroughSoManyPages_HoweverMuchOthersHavePutThere()
    {
        _list = query => new JobPage([Row(Id(1), 7, 1)], query.Before ?? Id(1));

        Assert.Empty(await Rows.Completed([], _ => true).ToListAsync());

        Assert.Equal(VideoRows.PageLimit, _calls.Count(call => call == nameof(IJobStore.ListJobs)));
        Assert.Equal(2 * VideoRows.PageLimit, _calls.Count);
    }

    [Fact]
    public async Task Completed_GivesEachJobOnce_AndOnlyWhatHoldsItsKey()
    {
        Hold(7, 2, Id(4));
        Hold(7, 1, Id(2));
        Hold(8, 1, Id(1));
        JobRow forged = Row(Id(3), 8, 1), silent = Row(Id(5), 7, 2) with { Labels = null };
        _list = query => query.Before is null ? new JobPage([silent, Row(Id(4), 7, 2), forged], Id(3)) : new JobPage([Row(Id(2), 7, 1), Row(Id(1), 8, 1)], null);

        Assert.Equal([Id(4), Id(1)], await Rows.Completed([], _ => true).ToListAsync());
    }

    private static JobId Id(int number) => JobId.Create(DateTimeOffset.UnixEpoch, [0, 0, 0, 0, 0, 0, 0, 0, 0, (byte)number]);

    private static JobRow Row(JobId id, long number, int revision) => new()
    {
        Id = id,
        Tenant = "default",
        WorkflowName = VideoJobs.WorkflowName,
        WorkflowVersion = 1,
        Status = JobStatus.Completed,
        Priority = 0,
        CreatedAt = DateTimeOffset.UnixEpoch,
        UpdatedAt = DateTimeOffset.UnixEpoch,
        Labels = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal).Add(VideoJobs.NumberLabel, $"{number}").Add(VideoJobs.RevisionLabel, $"{revision}"),
    };

    private void Hold(long number, int revision, JobId job) => _holders[Claim.OnKey("default", VideoJobs.KeyOf(number, revision)).Key] = job;

    private object Answer(string method, object?[] arguments)
    {
        _calls.Add(method);
        return method switch
        {
            nameof(IJobStore.FindHolders) => ValueTask.FromResult<IReadOnlyList<JobId?>>([.. ((IReadOnlyList<Claim>)arguments[0]!).Select(claim => _holders.TryGetValue(claim.Key, out var job) ? job : (JobId?)null)]),
            nameof(IJobStore.ListJobs) => ValueTask.FromResult(_list((JobQuery)arguments[0]!)),
            _ => throw new InvalidOperationException($"{method} is not needed."),
        };
    }

    /// <summary>A store that answers what a test says.</summary>
    public class KeysAndRows : DispatchProxy
    {
        private Func<string, object?[], object> _answer = null!;

        public static IJobStore Of(Func<string, object?[], object> answer)
        {
            var store = Create<IJobStore, KeysAndRows>();
            ((KeysAndRows)(object)store)._answer = answer;
            return store;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _answer(targetMethod!.Name, args!);
    }
}
