using Dispatcher.Actors.Tests.Store;
using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.Simulation;

public sealed class SimulatedJobStoreConformanceTests : JobStoreConformance
{
    private readonly SimulatedDisk _disk = new();

    protected override IJobStore OpenStore() => new SimulatedJobStore(_disk);

    protected override void FenceOff(IJobStore store) => _disk.FenceOff(store.Incarnation);
}
