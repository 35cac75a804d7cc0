using System.CommandLine;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Configuration;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Store.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Host.Commands;

/// <summary>A data directory opened for reading only, beside a process that writes or after one.</summary>
internal sealed class JobReading : IAsyncDisposable
{
    private readonly SqliteJobStore _store;
    private readonly WorkflowCatalog _workflows;

    private readonly DispatcherSettings _settings;

    private JobReading(DispatcherSettings settings, SqliteJobStore store)
    {
        (_settings, _store, _workflows) = (settings, store, new WorkflowCatalog(store, TimeProvider.System));
    }

    public string DataDirectory => _settings.DataDirectory;

    public IJobStore Store => _store;

    /// <exception cref="CommandException">Nothing was ever written there.</exception>
    public static JobReading Open(HostEdges edges, string? dataDirectory, string? configFile)
    {
        var settings = EffectiveSettings.Load(edges, configFile, dataDirectory);
        var directory = settings.DataDirectory;
        if (!SqliteJobStore.Exists(directory)) throw new CommandException(ExitCode.NotFound, $"There are no jobs in {directory}: no Dispatcher has run there yet.");
        return new JobReading(settings, SqliteJobStore.OpenReadOnly(directory, NullLogger.Instance));
    }

    /// <summary>The job that somebody names by id or prefix.</summary>
    /// <exception cref="CommandException">There is none, or more than one.</exception>
    public Task<JobRow> Find(string job) => JobLookup.Find(_store, job, DataDirectory);

    /// <summary>The directory of a job's files.</summary>
    public string ArtifactDirectoryOf(JobState state) => EmbeddedEngine.ArtifactDirectoryOf(_settings, state.Spec.Tenant, state.Id);

    /// <summary>All events of a job.</summary>
    public ValueTask<IReadOnlyList<StoredEvent>> Events(JobId id) => _store.ReadEvents(id, 0, int.MaxValue);

    /// <summary>The state after these events, which are a job's first ones.</summary>
    /// <exception cref="JobParkedException">They cannot be understood here.</exception>
    public async Task<JobState> Fold(JobId id, IReadOnlyList<StoredEvent> events)
    {
        var (state, _) = await JobLoader.Load(new JobHistory(id, null, 0, events), _workflows);
        return state;
    }

    public static JobEvent Decode(StoredEvent stored) => EventCodec.Decode(stored.Type, stored.At, stored.Payload.Span);

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}

/// <summary>The options of all commands that read a data directory.</summary>
internal sealed class ReadingOptions
{
    private readonly HostEdges _edges;
    private readonly Option<string?> _data = SharedOptions.Data();
    private readonly Option<string?> _config = SharedOptions.Config();

    public ReadingOptions(HostEdges edges, Command command)
    {
        _edges = edges;
        command.Add(_data);
        command.Add(_config);
    }

    public static Argument<string> Job() => new("JOB") { Description = "The job's id, or at least its first 4 characters" };

    public JobReading Open(ParseResult parsed) => JobReading.Open(_edges, parsed.GetValue(_data), parsed.GetValue(_config));
}
