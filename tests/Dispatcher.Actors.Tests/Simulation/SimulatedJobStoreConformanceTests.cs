using Dispatcher.Actors.Tests.Store;
using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.Simulation;

public sealed class SimulatedJobStoreConformanceTests : JobStoreConformance
{
    private readonly SimulatedDisk _disk = new();

    protected override Task<IJobStore> OpenStore() => Task.FromResult<IJobStore>(new SimulatedJobStore(_disk));

    protected override ValueTask FenceOff(IJobStore store)
    {
        _disk.FenceOff(store.Incarnation);
        return ValueTask.CompletedTask;
    }
}

public sealed class SimulatedQuotaStoreConformanceTests : QuotaStoreConformance
{
    private readonly SimulatedDisk _disk = new();

    protected override Task<IJobStore> OpenStore() => Task.FromResult<IJobStore>(new SimulatedJobStore(_disk));
}
