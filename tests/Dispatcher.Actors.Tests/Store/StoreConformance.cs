using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.Store;

/// <summary>What every suite of a store's contract needs: a store on data of its own. Suites cast it to the interface that they test.</summary>
public abstract class StoreConformance : IAsyncLifetime
{
    protected IJobStore Store { get; private set; } = null!;

    public async Task InitializeAsync() => Store = await OpenStore();

    public virtual async Task DisposeAsync() => await Store.DisposeAsync();

    /// <summary>Opens a store on this test's own data, which are there again at the next opening.</summary>
    protected abstract Task<IJobStore> OpenStore();

    protected async Task Reopen()
    {
        await Store.DisposeAsync();
        Store = await OpenStore();
    }

    private protected async Task<AppendResult.Appended> Appended(AppendRequest request) => Assert.IsType<AppendResult.Appended>(await Store.Append(request));

    /// <summary>Gives all to the store before any is answered, so that they can share a batch.</summary>
    private protected async Task<AppendResult[]> AppendAll(params AppendRequest[] requests)
    {
        var answers = requests.Select(request => Store.Append(request).AsTask()).ToList();
        return await Task.WhenAll(answers);
    }
}
