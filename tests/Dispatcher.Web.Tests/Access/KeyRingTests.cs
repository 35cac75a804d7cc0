using Dispatcher.Kernel;
using Dispatcher.Store;
using Dispatcher.Web.Access;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Access;

/// <summary>Who has a key, and until when.</summary>
public sealed class KeyRingTests
{
    private static readonly IdGenerator Chance = new(TimeProvider.System);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly MemoryAccessStore _store = new();
    private readonly SettableTime _time = new();

    [Fact]
    public async Task Key_HasItsTenantAndRoles_WhenItIsStored()
    {
        using var ring = new KeyRing(TimeProvider.System);
        var text = await Store("acme", Role.Operator);
        Assert.False(ring.HasKeys);
        await ring.Load(_store);
        var caller = ring.Find(text)!.Caller;
        Assert.Equal("acme", caller.Tenant);
        Assert.Equal([Role.Viewer, Role.Submitter, Role.Operator, Role.Worker], caller.Roles.Order());
        Assert.Same(caller, ring.Find(text)!.Caller);
    }

    [Fact]
    public async Task Key_IsNobody_WhenAnyCharacterDiffers()
    {
        using var ring = new KeyRing(TimeProvider.System);
        var text = await Store("acme", Role.Viewer);
        await ring.Load(_store);
        // The last character of a base64url text of 32 bytes carries two bits that mean nothing, and still it is hashed.
        for (var index = 0; index < text.Length; index++)
            Assert.Null(ring.Find(text[..index] + (text[index] == 'b' ? 'c' : 'b') + text[(index + 1)..]));
        foreach (var bad in new[] { "", "dk_", text[1..], text + "a", text.ToUpperInvariant(), text[..^1] + "é", new string('_', text.Length) }) Assert.Null(ring.Find(bad));
    }

    [Fact]
    public async Task LiveConnections_End_WhenTheirKeyIsRevoked()
    {
        using var ring = new KeyRing(TimeProvider.System);
        var (text, other) = (await Store("acme", Role.Viewer), await Store("acme", Role.Viewer));
        await ring.Load(_store);
        var (caller, stays) = (ring.Find(text)!.Caller, ring.Find(other)!.Caller);
        var ended = new TaskCompletionSource();
        await using var registration = caller.Ended.Register(ended.SetResult);

        await _store.RevokeKey(caller.Name, TimeProvider.System.GetUtcNow());
        await ring.Load(_store);

        await ended.Task;
        Assert.Null(ring.Find(text));
        Assert.NotNull(ring.Find(other));
        Assert.False(stays.Ended.IsCancellationRequested);
        Assert.True(ring.HasKeys);
    }

    [Fact]
    public async Task LiveConnections_End_WhenTheirKeyExpires()
    {
        var life = TimeSpan.FromMilliseconds(200);
        using var ring = new KeyRing(_time);
        var text = await Store("acme", Role.Viewer, _time.Now + life);
        await ring.Load(_store);
        var ended = new TaskCompletionSource();
        await using var registration = ring.Find(text)!.Caller.Ended.Register(ended.SetResult);

        // Its timer runs by the real clock, and looks at this one.
        _time.Now += life;
        await ended.Task;

        Assert.Null(ring.Find(text));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Key_IsWorthNothingForGood_WhenItHasExpiredAndTheClockGoesBack(bool isUsedMeanwhile)
    {
        using var ring = new KeyRing(_time);
        var text = await Store("acme", Role.Viewer, _time.Now + Hour);
        await ring.Load(_store);
        Assert.NotNull(ring.Find(text));

        _time.Now += Hour;
        if (isUsedMeanwhile) Assert.Null(ring.Find(text));
        else await ring.Load(_store);
        _time.Now -= 2 * Hour;

        Assert.Null(ring.Find(text));
        await ring.Load(_store);
        Assert.Null(ring.Find(text));
    }

    [Fact]
    public async Task Key_IsWorthNothingForGood_WhenItWasRevokedAndTheClockGoesBack()
    {
        using var ring = new KeyRing(_time);
        var text = await Store("acme", Role.Viewer);
        await ring.Load(_store);
        await _store.RevokeKey(ring.Find(text)!.Caller.Name, _time.Now);
        _time.Now -= Hour;

        await ring.Load(_store);
        Assert.Null(ring.Find(text));

        using var afterARestart = new KeyRing(_time);
        await afterARestart.Load(_store);
        Assert.Null(afterARestart.Find(text));
    }

    [Fact]
    public void Keys_DifferInIdAndSecret_WhenMade()
    {
        var made = Enumerable.Range(0, 100).Select(_ => ApiKey.New(Chance)).ToList();
        Assert.Equal(100, made.Select(key => key.Id).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(100, made.Select(key => key.Text[^43..]).Distinct(StringComparer.Ordinal).Count());
        Assert.All(made, key => Assert.True(ApiKey.TryReadId(key.Text, out var id) && id.SequenceEqual(key.Id)));
    }

    private async Task<string> Store(string tenant, Role role, DateTimeOffset? expiresAt = null)
    {
        var (id, text) = ApiKey.New(Chance);
        await _store.AddKey(new StoredKey(id, tenant, "", [role.ToText()], ApiKey.HashOf(text), TimeProvider.System.GetUtcNow(), expiresAt, null));
        return text;
    }
}
