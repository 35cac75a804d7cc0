using System.CommandLine;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Configuration;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Host.Commands;

/// <summary>A store opened for reading only, beside a process that writes or after one.</summary>
internal sealed class JobReading : IAsyncDisposable
{
    private readonly INodeStore _store;
    private readonly WorkflowCatalog _workflows;

    private readonly DispatcherSettings _settings;

    private JobReading(DispatcherSettings settings, StorePlace place, INodeStore store)
    {
        (_settings, Place, _store, _workflows) = (settings, place, store, new WorkflowCatalog(store, TimeProvider.System));
    }

    public StorePlace Place { get; }

    public INodeStore Store => _store;

    /// <exception cref="CommandException">Nothing was ever written there.</exception>
    public static async Task<JobReading> Open(HostEdges edges, string? dataDirectory, string? store, string? configFile)
    {
        var settings = EffectiveSettings.Load(edges, configFile, dataDirectory, store);
        var place = new StorePlace(settings);
        if (!await place.Exists()) throw new CommandException(ExitCode.NotFound, $"There are no jobs in {place.Name}: no Dispatcher has run there yet.");
        return new JobReading(settings, place, await place.OpenReadOnly(edges.Time));
    }

    /// <summary>The job that somebody names by id or prefix.</summary>
    /// <exception cref="CommandException">There is none, or more than one.</exception>
    public Task<JobRow> Find(string job) => JobLookup.Find(_store, job, Place);

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

/// <summary>The options of all commands that read a store.</summary>
internal sealed class ReadingOptions
{
    private readonly HostEdges _edges;
    private readonly Option<string?> _data = SharedOptions.Data();
    private readonly Option<string?> _store = SharedOptions.Store();
    private readonly Option<string?> _config = SharedOptions.Config();

    public ReadingOptions(HostEdges edges, Command command)
    {
        _edges = edges;
        command.Add(_data);
        command.Add(_store);
        command.Add(_config);
    }

    public static Argument<string> Job() => new("JOB") { Description = "The job's id, or at least its first 4 characters" };

    public Task<JobReading> Open(ParseResult parsed) => JobReading.Open(_edges, parsed.GetValue(_data), parsed.GetValue(_store), parsed.GetValue(_config));
}
