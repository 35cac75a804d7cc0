using Dispatcher.Feed.Callbacks;
using Dispatcher.Kernel;

namespace Dispatcher.Actors.Tests.Feed.Callbacks;

public sealed class TraceParentTests
{
    private const string Parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    private readonly IdGenerator _ids = new(TimeProvider.System);

    [Fact]
    public void Follow_KeepsTheTrace_AndMakesANewSpan()
    {
        var first = TraceParent.Follow(Parent, _ids)!;
        var second = TraceParent.Follow(Parent, _ids)!;
        Assert.Matches("^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$", first);
        Assert.Equal(3, new HashSet<string>([Parent, first, second]).Count);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7")]
    [InlineData("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]
    [InlineData("00-00000000000000000000000000000000-00f067aa0ba902b7-01")]
    [InlineData("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0\n")]
    public void Follow_IsNothing_WhenThereIsNoValidTrace(string? parent) => Assert.Null(TraceParent.Follow(parent, _ids));
}
