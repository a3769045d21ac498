using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using ArchUnitNET.xUnitV3;
using Xunit;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace BareBert.Tests;

/// <summary>References run one way: down the floors, and within src/Bert down its rooms.</summary>
public sealed class RoomsTests
{
    private static readonly Architecture Architecture = new ArchLoader().LoadAssemblies(
        typeof(Tensor).Assembly, typeof(Simt.SimtFaultException).Assembly, typeof(Kernels.IKernels).Assembly, typeof(Autograd.Tape).Assembly,
        typeof(Sample.World).Assembly, typeof(BertModel).Assembly, typeof(Watch.WatchServer).Assembly, typeof(Cli.CommandLine).Assembly).Build();

    // Each knows those before it.
    private static readonly string[] Rooms = ["Checkpoints", "Distributed", "Tokenization", "Data", "Models", "Evaluations", "Training", "Inference", "Tasks", "Explanations", "Exchange"];

    private static readonly string[] Floors = ["Simt", "Kernels", "Autograd", "Bert", "Watch", "Cli"];

    public static TheoryData<string, string> RoomsAbove => Pairs(Rooms);

    public static TheoryData<string, string> FloorsAbove => Pairs(Floors);

    [Theory]
    [MemberData(nameof(RoomsAbove))]
    public void A_room_knows_nothing_of_those_above(string room, string above) => Refuse(Namespace($"Bert\\.{room}"), Namespace($"Bert\\.{above}"));

    [Theory]
    [MemberData(nameof(FloorsAbove))]
    public void A_floor_knows_nothing_of_those_above(string floor, string above) => Refuse(Namespace(floor), Namespace(above));

    [Fact]
    public void The_sample_world_is_no_part_of_the_library() => Refuse(Namespace("Sample"), Namespace("(Bert|Cli|Autograd|Kernels)"));

    /// <summary>A namespace is a folder, and every type of the library is in a room.</summary>
    [Fact]
    public void A_rooms_namespace_is_its_folder()
    {
        Assert.All(Rooms, room => Assert.All(Sources.Of("src", "Bert", room), file => Assert.Contains($"namespace BareBert.Bert.{room}", File.ReadAllText(file))));
        Assert.Equal(Rooms.Order(), Directory.GetDirectories(Sources.At("src", "Bert")).Select(Path.GetFileName).Where(name => name is not ("bin" or "obj")).Order());
    }

    private static string Namespace(string part) => $@"^BareBert\.{part}(\..*)?$";

    private static TheoryData<string, string> Pairs(string[] names)
    {
        var pairs = new TheoryData<string, string>();
        for (int i = 0; i < names.Length; i++)
        {
            foreach (string above in names[(i + 1)..])
                pairs.Add(names[i], above);
        }
        return pairs;
    }

    private static void Refuse(string from, string to) => Types().That().ResideInNamespaceMatching(from)
        .Should().NotDependOnAnyTypesThat().ResideInNamespaceMatching(to).WithoutRequiringPositiveResults().Check(Architecture);
}
