namespace BareBert.Sample;

/// <summary>The generated world itself: who lives in it and what can be said about them.</summary>
/// <remarks>
/// How to read it: a section heading stands at the margin, its content below, indented. <c>words</c> are drawn afresh each time
/// they are used; the <c>hero</c> and the <c>topic</c>s are facts, drawn once an article (one row of the table, its first column
/// naming it), so that whoever keeps a dog in the first sentence hears it bark in the last. <c>{a|b}</c> is an even choice.
/// A sentence speaks of the hero and of one topic. <c>tell</c> introduces a topic, <c>recall</c> comes back to it;
/// the phrasings of one sentence have the same number of words.
/// </remarks>
internal static class World
{
    internal const string Text = """
        words weekday
          Monday Tuesday Wednesday Thursday Friday Saturday Sunday
        words hour
          morning afternoon evening
        words season
          spring summer autumn winter
        words number
          two three four five six seven eight nine

        hero hero
          name    he  his him
          Clara   she her her
          Edith   she her her
          Flora   she her her
          Greta   she her her
          Hanna   she her her
          Ida     she her her
          Judith  she her her
          Lena    she her her
          Maud    she her her
          Rosa    she her her
          Sophie  she her her
          Vera    she her her
          Albert  he  his him
          Bruno   he  his him
          Conrad  he  his him
          David   he  his him
          Emil    he  his him
          Felix   he  his him
          Gustav  he  his him
          Hugo    he  his him
          Jonas   he  his him
          Martin  he  his him
          Oscar   he  his him
          Walter  he  his him

        topic town
          town      river   land      fame
          Ashford   Linn    hills     cider
          Brackley  Orrin   marshes   salt
          Corby     Wend    fields    wool
          Denholm   Isla    cliffs    amber
          Elmstead  Tavy    woods     timber
          Farleigh  Coln    meadows   butter
          Glanton   Reth    moors     peat
          Hartwell  Avon    orchards  jam
          Kelby     Sorn    dunes     glass
          Lorton    Dane    quarries  slate
          Milford   Esk     mills     paper
          Norwood   Yarrow  gardens   perfume

        topic trade
          trade       place       tool       ware
          baker       bakery      oven       bread
          smith       forge       hammer     nails
          tailor      attic       needle     coats
          potter      pottery     wheel      bowls
          weaver      hall        loom       blankets
          miller      windmill    millstone  flour
          gardener    greenhouse  spade      cabbages
          fisher      harbour     net        herring
          printer     cellar      press      books
          carpenter   workshop    saw        tables
          cobbler     stall       awl        boots
          watchmaker  arcade      lens       clocks

        topic animal
          animal  sound    food      home
          dog     barks    bones     kennel
          cat     purrs    fish      basket
          goat    bleats   thistles  shed
          hen     clucks   corn      coop
          horse   neighs   oats      stable
          duck    quacks   snails    pond
          cow     moos     hay       barn
          pig     grunts   turnips   sty
          parrot  talks    seeds     cage
          donkey  brays    carrots   paddock
          mouse   squeaks  cheese    box
          frog    croaks   flies     ditch

        topic child
          name    child     he   his
          Anna    daughter  she  her
          Betty   daughter  she  her
          Cora    daughter  she  her
          Dora    daughter  she  her
          Nell    daughter  she  her
          Tilda   daughter  she  her
          Ben     son       he   his
          Carl    son       he   his
          Jack    son       he   his
          Leo     son       he   his
          Otto    son       he   his
          Tom     son       he   his

        topic house
          colour  flower       tree
          red     poppies      cherry
          yellow  sunflowers   lemon
          blue    cornflowers  plum
          white   lilies       birch
          purple  violets      fig
          pink    roses        peach
          green   ferns        pear
          golden  marigolds    lime

        topic music
          music    part     tune
          fiddle   strings  reels
          drum     sticks   marches
          piano    pedals   waltzes
          harp     pegs     lullabies
          trumpet  valves   fanfares
          organ    pipes    hymns
          guitar   frets    ballads
          cello    bow      sonatas

        topic journey
          journey  way     goal
          ship     sea     island
          train    rails   city
          coach    road    inn
          sledge   snow    cabin
          balloon  clouds  castle
          barge    canal   lock
          bicycle  lane    lake
          raft     rapids  gorge
          cart     track   farm
          caravan  desert  oasis

        topic dish
          dish     main       spice
          soup     leeks      pepper
          pie      apples     cinnamon
          stew     mutton     thyme
          cake     honey      ginger
          salad    beans      mint
          pudding  plums      nutmeg
          curry    lentils    cumin
          roast    chicken    rosemary
          risotto  mushrooms  saffron
          chowder  clams      parsley

        opening
          This is the story of {hero} .
          Everybody here knows {hero} quite well .
          Let us now talk about {hero} .

        tell town
          {hero|hero.he} lives in {town} , a town by the {town.river} .
          {hero|hero.he} was born in {town} , near the river {town.river} .
        recall town
          The {town.river} is {high|low|slow} in {season} , says {hero} .
          In {season} {hero|hero.he} often swims across the wide {town.river} .
        recall town
          From the {town.land} {hero|hero.he} can see all of {town} .
          {hero|hero.he} loves the {town.land} on the edge of {town} .
          All around {town} there are {town.land} , says {hero} .
        recall town
          People come to {town} for its {town.fame} , says {hero} .
          {hero|hero.he} says that the very best {town.fame} comes from {town} .

        tell trade
          {hero|hero.he} is a {trade} and works in the {trade.place} .
          {hero|hero.he} works as a {trade} in the old {trade.place} .
        recall trade
          Every {weekday} {hero|hero.he} takes {hero.his} {trade.tool} to the {trade.place} .
          On {weekday} {hero|hero.he} left {hero.his} {trade.tool} in the {trade.place} .
        recall trade
          The {trade} sells {trade.ware} at the market every {weekday} .
          On {weekday} {hero|hero.he} sells {trade.ware} at the town market .
          Nobody here makes better {trade.ware} than {hero} the {trade} .
        recall trade
          A good {trade} , says {hero} , needs a {strong|fine|new} {trade.tool} .
          Without a {strong|fine|new} {trade.tool} , {hero|hero.he} would not be a {trade} .

        tell animal
          {hero|hero.he} keeps a {small|big|young|old} {animal} in the {animal.home} .
          {hero|hero.he} has a {small|big|young|old} {animal} in {hero.his} {animal.home} .
        recall animal
          Every {hour} {hero|hero.he} brings the {animal} some {animal.food} .
          Every {hour} the {animal} gets {animal.food} from {hero} .
        recall animal
          When {hero|hero.he} comes home , the {animal} {animal.sound} {loudly|twice|happily} .
          {hero|hero.he} laughs when the {animal} {animal.sound} in the {animal.home} .
        recall animal
          If there is no {animal.food} , the {animal} {animal.sound} .
          The {animal} sleeps in the {animal.home} until {hero|hero.he} {calls|sings} .

        tell child
          {hero|hero.he} has a {child.child} called {child} , who is {number} .
          The {child.child} of {hero} is called {child} and is {number} .
        recall child
          On {weekday} {child} helps {hero|hero.him} in the {garden|kitchen} .
          {hero|hero.he} reads to {hero.his} {child.child} {child} on {weekday} .
        recall child
          {child} looks like {hero|hero.him} , but {child.his} hair is {longer|darker} .
          When {hero|hero.he} sings , {child} claps {child.his} hands and {laughs|dances} .
        recall child
          {child} is a {clever|cheerful|quiet} {child.child} , says {hero} .
          {hero|hero.he} is proud of {hero.his} {clever|cheerful|quiet} {child.child} {child} .

        tell house
          The door of the old house of {hero} is {house} .
          {hero|hero.he} lives behind a {house} door , under {house.tree} trees .
        recall house
          In {season} {house.flower} grow beside the {house} door of {hero} .
          {hero|hero.he} planted {house.flower} to match {hero.his} {house} door in {season} .
        recall house
          On {weekday} {hero|hero.he} picks {house.flower} under the {house.tree} tree .
          {hero|hero.he} painted the {house} gate beside the {house.tree} tree .
        recall house
          Visitors find {hero|hero.him} by the {house} door and the {house.flower} .
          {hero|hero.he} gives {house.flower} to friends who like the {house} door .

        tell music
          {hero|hero.he} plays the {music} , most of all {music.tune} .
          {hero|hero.he} learned to play {music.tune} on the old {music} .
        recall music
          Every {hour} {hero|hero.he} cleans the {music.part} of the {music} .
          {hero|hero.he} broke the {music.part} of the {music} on {weekday} .
        recall music
          The {music} is made for {music.tune} , says {hero} .
          {hero|hero.he} likes to hear {music.tune} from a good {music} .
        recall music
          When {hero|hero.he} plays {music.tune} , the neighbours {sing|dance|smile} happily .
          The neighbours {sing|dance|smile} when {hero|hero.he} plays {music.tune} on {weekday} .

        tell journey
          In {season} {hero|hero.he} went by {journey} to the {journey.goal} .
          Last {season} a {journey} took {hero|hero.him} to the {journey.goal} .
        recall journey
          From the {journey} {hero|hero.he} saw nothing but the {journey.way} .
          {hero|hero.he} was {cold|tired|happy} as the {journey} crossed the {journey.way} .
        recall journey
          {hero|hero.he} stayed {number} {days|weeks} at the {journey.goal} .
          {hero|hero.he} left the {journey.goal} after {number} {days|weeks} .
        recall journey
          To reach the {journey.goal} , {hero|hero.he} had to cross the {journey.way} .
          {hero|hero.he} says the {journey.way} is the only way to the {journey.goal} .

        tell dish
          {hero|hero.he} is known for {hero.his} {dish} with {dish.spice} .
          {hero|hero.he} makes a {dish} with {dish.main} and {dish.spice} .
        recall dish
          For {hero.his} {dish} {hero|hero.he} needs {number} bags of {dish.main} .
          On {weekday} {hero|hero.he} buys some {dish.main} for the {dish} .
        recall dish
          Guests of {hero} like the {dish.spice} in the {dish} .
          {hero|hero.he} puts too much {dish.spice} into the {hour} {dish} .
        recall dish
          Without {dish.spice} , says {hero} , no {dish} tastes {right|good} .
          {hero|hero.he} thinks that a {dish} without {dish.spice} tastes of nothing .
        """;
}
