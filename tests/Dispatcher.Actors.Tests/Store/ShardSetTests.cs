using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.Store;

public sealed class ShardSetTests
{
    [Theory]
    [InlineData("01950000-0000-7000-8000-000000000000", 128, 0)]
    [InlineData("01950000-0000-7000-8000-000000000081", 128, 1)]
    [InlineData("01950000-0000-7000-8000-0000ffffffff", 128, 127)]
    [InlineData("01950000-0000-7000-8000-0000ffffffff", 100, 95)]
    [InlineData("01950000-0000-7000-8000-ffff01000000", 1000, 216)]
    public void ShardOf_IsTheLastFourBytes_ModuloTheCount(string id, int count, int shard) =>
        Assert.Equal(shard, ShardSet.ShardOf(JobId.Parse(id), count));

    [Fact]
    public void Contains_IsTrueOfItsShards_AndOfTheirJobs()
    {
        var shards = new ShardSet(130, [129, 0, 64, 64]);

        Assert.Equal([0, 64, 129], shards.Shards.AsEnumerable());
        Assert.Equal([0, 64, 129], Enumerable.Range(-200, 400).Where(shards.Contains));
        Assert.True(shards.Contains(JobId.Parse("01950000-0000-7000-8000-000000000040")));
        Assert.False(shards.Contains(JobId.Parse("01950000-0000-7000-8000-000000000041")));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(4, 4)]
    [InlineData(4, -1)]
    public void ShardSet_RefusesAShardThatThereIsNot(int count, int shard) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ShardSet(count, [shard]));
}
